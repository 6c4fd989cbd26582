import type { DomainEvent } from '../decider.js';
import type { AppId, MachineId, OrganizationId } from '../ids.js';

export interface QuotaLimits {
  readonly apps: number;
  readonly machines: number;
  readonly cpus: number;
  readonly memoryMb: number;
}

/**
 * What an organization uses against its limits; the aggregate's id is the organization's. The api counts apps in its
 * journal, the scheduler machines in its own.
 */
export type QuotaEvent =
  | DomainEvent<'QuotaSet', { readonly organization: OrganizationId; readonly limits: QuotaLimits }>
  | DomainEvent<
      'QuotaTaken',
      {
        readonly organization: OrganizationId;
        readonly machine: MachineId;
        readonly cpus: number;
        readonly memoryMb: number;
      }
    >
  | DomainEvent<'QuotaReleased', { readonly organization: OrganizationId; readonly machine: MachineId }>
  | DomainEvent<'AppQuotaTaken', { readonly organization: OrganizationId; readonly app: AppId }>
  | DomainEvent<'AppQuotaReleased', { readonly organization: OrganizationId; readonly app: AppId }>;

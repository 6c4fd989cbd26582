import type { DomainEvent } from '../decider.js';
import type { MachineId, OrganizationId } from '../ids.js';

export interface QuotaLimits {
  readonly machines: number;
  readonly cpus: number;
  readonly memoryMb: number;
}

/** What an organization's machines use against its limits; the aggregate's id is the organization's. */
export type QuotaEvent =
  | DomainEvent<'QuotaSet', { readonly organization: OrganizationId; readonly limits: QuotaLimits }>
  | DomainEvent<
      'QuotaTaken',
      { readonly organization: OrganizationId; readonly machine: MachineId; readonly cpus: number; readonly memoryMb: number }
    >
  | DomainEvent<'QuotaReleased', { readonly organization: OrganizationId; readonly machine: MachineId }>;

import type { AppId, MachineId, OrganizationId } from '../ids.js';
import type { QuotaLimits } from './events.js';

export type QuotaCommand =
  | { readonly type: 'set'; readonly organization: OrganizationId; readonly limits: QuotaLimits }
  /** Taking again for the same machine changes what it has. */
  | {
      readonly type: 'take';
      readonly organization: OrganizationId;
      readonly machine: MachineId;
      readonly cpus: number;
      readonly memoryMb: number;
    }
  | { readonly type: 'release'; readonly organization: OrganizationId; readonly machine: MachineId }
  | { readonly type: 'take-app'; readonly organization: OrganizationId; readonly app: AppId }
  | { readonly type: 'release-app'; readonly organization: OrganizationId; readonly app: AppId };

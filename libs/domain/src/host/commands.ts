import type { HostId, MachineId } from '../ids.js';
import type { Forward, Resources } from './events.js';

export type HostCommand =
  | {
      readonly type: 'join';
      readonly host: HostId;
      readonly name: string;
      readonly region: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly capacity: Resources;
      readonly forward: Forward | null;
      readonly number: number;
      readonly sealingKey: string;
    }
  | {
      readonly type: 'change';
      readonly region: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly capacity: Resources;
      readonly forward: Forward | null;
    }
  | { readonly type: 'cordon'; readonly reason: string }
  | { readonly type: 'uncordon' }
  | { readonly type: 'lose'; readonly lastSeen: string }
  | { readonly type: 'return' }
  | { readonly type: 'remove' }
  | { readonly type: 'miss-reports'; readonly from: number; readonly to: number; readonly reason: string }
  /** Taking again for the same machine changes what it has, on the slot it has. */
  | { readonly type: 'take'; readonly machine: MachineId; readonly resources: Resources }
  | { readonly type: 'release'; readonly machine: MachineId };

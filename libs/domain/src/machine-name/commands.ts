import type { AppId, MachineId } from '../ids.js';

export interface MachineNameCommand {
  readonly type: 'take' | 'release';
  readonly app: AppId;
  readonly name: string;
  readonly machine: MachineId;
}

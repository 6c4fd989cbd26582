import type { Decider } from '../decider.js';
import type { AppId } from '../ids.js';
import type { MachineNameCommand } from './commands.js';
import { decideMachineName } from './decide.js';
import type { MachineNameEvent } from './events.js';
import { evolveMachineName } from './evolve.js';
import type { MachineNameState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

export const machineNameAggregate: Decider<MachineNameState, MachineNameCommand, MachineNameEvent> = {
  type: 'machine-name',
  initial: { status: 'free' },
  evolve: evolveMachineName,
  decide: decideMachineName,
};

/** Id of the aggregate: a name is unique within its app. */
export const machineNameId = (app: AppId, name: string): string => `${app}/${name}`;

import type { Decider } from '../decider.js';
import type { MachineCommand } from './commands.js';
import { decideMachine } from './decide.js';
import type { MachineEvent } from './events.js';
import { evolveMachine } from './evolve.js';
import type { MachineState } from './state.js';

export type * from './commands.js';
export type * from './config.js';
export type * from './events.js';
export * from './names.js';
export * from './state.js';

export const machineAggregate: Decider<MachineState, MachineCommand, MachineEvent> = {
  type: 'machine',
  initial: { status: 'absent' },
  evolve: evolveMachine,
  decide: decideMachine,
};

import type { Decider } from '../decider.js';
import type { HostCommand } from './commands.js';
import { decideHost } from './decide.js';
import type { HostEvent } from './events.js';
import { evolveHost } from './evolve.js';
import type { HostState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export * from './state.js';

export const hostAggregate: Decider<HostState, HostCommand, HostEvent> = {
  type: 'host',
  initial: { status: 'absent' },
  evolve: evolveHost,
  decide: decideHost,
};

import type { Decider } from '../decider.js';
import type { JoinTokenCommand } from './commands.js';
import { decideJoinToken } from './decide.js';
import type { JoinTokenEvent } from './events.js';
import { evolveJoinToken } from './evolve.js';
import type { JoinTokenState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

export const joinTokenAggregate: Decider<JoinTokenState, JoinTokenCommand, JoinTokenEvent> = {
  type: 'join-token',
  initial: { status: 'absent' },
  evolve: evolveJoinToken,
  decide: decideJoinToken,
};

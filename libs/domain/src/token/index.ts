import type { Decider } from '../decider.js';
import type { TokenCommand } from './commands.js';
import { decideToken } from './decide.js';
import type { TokenEvent } from './events.js';
import { evolveToken } from './evolve.js';
import type { TokenState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

export const tokenAggregate: Decider<TokenState, TokenCommand, TokenEvent> = {
  type: 'token',
  initial: { status: 'absent' },
  evolve: evolveToken,
  decide: decideToken,
};

import type { Decider } from '../decider.js';
import type { UserCommand } from './commands.js';
import { decideUser } from './decide.js';
import type { UserEvent } from './events.js';
import { evolveUser } from './evolve.js';
import type { UserState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

export const userAggregate: Decider<UserState, UserCommand, UserEvent> = {
  type: 'user',
  initial: { status: 'absent' },
  evolve: evolveUser,
  decide: decideUser,
};

import type { Decider } from '../decider.js';
import type { AppCommand } from './commands.js';
import { decideApp } from './decide.js';
import type { AppEvent } from './events.js';
import { evolveApp } from './evolve.js';
import type { AppState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

export const appAggregate: Decider<AppState, AppCommand, AppEvent> = {
  type: 'app',
  initial: { status: 'absent' },
  evolve: evolveApp,
  decide: decideApp,
};

import type { Decider } from '../decider.js';
import type { AppNameCommand } from './commands.js';
import { decideAppName } from './decide.js';
import type { AppNameEvent } from './events.js';
import { evolveAppName } from './evolve.js';
import type { AppNameState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

/** Its id is the name. */
export const appNameAggregate: Decider<AppNameState, AppNameCommand, AppNameEvent> = {
  type: 'app-name',
  initial: { status: 'free' },
  evolve: evolveAppName,
  decide: decideAppName,
};

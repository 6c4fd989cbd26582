import type { Decider } from '../decider.js';
import type { DataKeyCommand } from './commands.js';
import { decideDataKey } from './decide.js';
import type { DataKeyEvent } from './events.js';
import { evolveDataKey } from './evolve.js';
import type { DataKeyState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

/** Its id is the scope: an organization's id, or `platform`. */
export const dataKeyAggregate: Decider<DataKeyState, DataKeyCommand, DataKeyEvent> = {
  type: 'data-key',
  initial: { status: 'absent' },
  evolve: evolveDataKey,
  decide: decideDataKey,
};

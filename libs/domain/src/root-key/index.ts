import type { Decider } from '../decider.js';
import type { RootKeyCommand } from './commands.js';
import { decideRootKey } from './decide.js';
import type { RootKeyEvent } from './events.js';
import { evolveRootKey } from './evolve.js';
import type { RootKeyState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

/** What signs an organization's tokens. Its id is the organization's. */
export const rootKeyAggregate: Decider<RootKeyState, RootKeyCommand, RootKeyEvent> = {
  type: 'root-key',
  initial: { status: 'absent' },
  evolve: evolveRootKey,
  decide: decideRootKey,
};

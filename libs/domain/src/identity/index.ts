import type { Decider } from '../decider.js';
import type { IdentityCommand } from './commands.js';
import { decideIdentity } from './decide.js';
import type { IdentityEvent } from './events.js';
import { evolveIdentity } from './evolve.js';
import type { IdentityState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

/** Its id is `<kind>/<name>`. */
export const identityAggregate: Decider<IdentityState, IdentityCommand, IdentityEvent> = {
  type: 'identity',
  initial: { status: 'absent' },
  evolve: evolveIdentity,
  decide: decideIdentity,
};

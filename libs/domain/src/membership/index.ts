import type { Decider } from '../decider.js';
import type { MembershipCommand } from './commands.js';
import { decideMembership } from './decide.js';
import type { MembershipEvent } from './events.js';
import { evolveMembership } from './evolve.js';
import type { MembershipState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

/** Who belongs to an organization, and as what. Its id is the organization's. */
export const membershipAggregate: Decider<MembershipState, MembershipCommand, MembershipEvent> = {
  type: 'membership',
  initial: { status: 'empty' },
  evolve: evolveMembership,
  decide: decideMembership,
};

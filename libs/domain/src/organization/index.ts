import type { Decider } from '../decider.js';
import type { OrganizationCommand } from './commands.js';
import { decideOrganization } from './decide.js';
import type { OrganizationEvent } from './events.js';
import { evolveOrganization } from './evolve.js';
import type { OrganizationState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

export const organizationAggregate: Decider<OrganizationState, OrganizationCommand, OrganizationEvent> = {
  type: 'organization',
  initial: { status: 'absent' },
  evolve: evolveOrganization,
  decide: decideOrganization,
};

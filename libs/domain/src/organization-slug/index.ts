import type { Decider } from '../decider.js';
import type { OrganizationSlugCommand } from './commands.js';
import { decideOrganizationSlug } from './decide.js';
import type { OrganizationSlugEvent } from './events.js';
import { evolveOrganizationSlug } from './evolve.js';
import type { OrganizationSlugState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

/** Its id is the slug. */
export const organizationSlugAggregate: Decider<
  OrganizationSlugState,
  OrganizationSlugCommand,
  OrganizationSlugEvent
> = {
  type: 'organization-slug',
  initial: { status: 'free' },
  evolve: evolveOrganizationSlug,
  decide: decideOrganizationSlug,
};

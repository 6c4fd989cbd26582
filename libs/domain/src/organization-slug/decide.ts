import { Refusal } from '../decider.js';
import type { OrganizationSlugCommand } from './commands.js';
import type { OrganizationSlugEvent } from './events.js';
import type { OrganizationSlugState } from './state.js';

export function decideOrganizationSlug(
  { slug, organization }: OrganizationSlugCommand,
  state: OrganizationSlugState,
): readonly OrganizationSlugEvent[] {
  if (state.status === 'free') return [{ type: 'OrganizationSlugTaken', data: { slug, organization } }];
  if (state.organization === organization) return [];
  throw new Refusal('name_taken', `the organization slug ${JSON.stringify(slug)} is taken`, 422);
}

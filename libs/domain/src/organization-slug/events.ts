import type { DomainEvent } from '../decider.js';
import type { OrganizationId } from '../ids.js';

/** The aggregate's id is the slug, so that a slug is given once and never again. */
export type OrganizationSlugEvent = DomainEvent<
  'OrganizationSlugTaken',
  { readonly slug: string; readonly organization: OrganizationId }
>;

import type { OrganizationId } from '../ids.js';

export type OrganizationSlugState =
  { readonly status: 'free' } | { readonly status: 'taken'; readonly organization: OrganizationId };

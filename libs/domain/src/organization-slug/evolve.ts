import type { OrganizationSlugEvent } from './events.js';
import type { OrganizationSlugState } from './state.js';

export const evolveOrganizationSlug = (
  _: OrganizationSlugState,
  event: OrganizationSlugEvent,
): OrganizationSlugState => ({ status: 'taken', organization: event.data.organization });

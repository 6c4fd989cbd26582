import { never } from '../decider.js';
import type { OrganizationEvent } from './events.js';
import type { OrganizationState } from './state.js';

export function evolveOrganization(state: OrganizationState, event: OrganizationEvent): OrganizationState {
  switch (event.type) {
    case 'OrganizationCreated':
      return { status: 'active', ...event.data };
    case 'OrganizationDeleted':
      return state.status === 'active'
        ? { status: 'deleted', organization: state.organization, slug: state.slug }
        : state;
    default:
      return never(event);
  }
}

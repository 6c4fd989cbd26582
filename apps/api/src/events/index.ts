import { listEvents, listOrganizationEvents } from './list-events.js';

export const eventOperations = [listEvents, listOrganizationEvents] as const;

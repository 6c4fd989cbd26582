import { createOrganization } from './create-organization.js';
import { listOrganizations } from './list-organizations.js';

export const organizationOperations = [createOrganization, listOrganizations] as const;

import { createOrganization } from './create-organization.js';
import { getQuota } from './get-quota.js';
import { listOrganizations } from './list-organizations.js';
import { setQuota } from './set-quota.js';

export const organizationOperations = [createOrganization, listOrganizations, getQuota, setQuota] as const;

import { organizationPath } from '../orgs/shapes.js';

export const membersPath = (organization: string, ...user: readonly string[]) =>
  organizationPath(organization, 'members', ...user.map(encodeURIComponent));

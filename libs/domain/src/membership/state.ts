import type { OrganizationId, UserId } from '../ids.js';
import type { Role } from '../role/index.js';

export type MembershipState =
  | { readonly status: 'empty' }
  | {
      readonly status: 'peopled';
      readonly organization: OrganizationId;
      readonly roles: Readonly<Record<UserId, Role>>;
    };

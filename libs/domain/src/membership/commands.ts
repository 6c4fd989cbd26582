import type { OrganizationId, UserId } from '../ids.js';
import type { Role } from '../role/index.js';

export type MembershipCommand =
  | {
      readonly type: 'add';
      readonly organization: OrganizationId;
      readonly kind: 'personal' | 'shared';
      readonly user: UserId;
      readonly role: Role;
    }
  | { readonly type: 'change-role'; readonly user: UserId; readonly role: Role }
  | { readonly type: 'remove'; readonly user: UserId };

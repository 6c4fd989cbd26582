import type { DomainEvent } from '../decider.js';
import type { OrganizationId, UserId } from '../ids.js';
import type { Role } from '../role/index.js';

interface Member {
  readonly organization: OrganizationId;
  readonly user: UserId;
}

export type MembershipEvent =
  | DomainEvent<'MemberAdded', Member & { readonly role: Role }>
  | DomainEvent<'MemberRoleChanged', Member & { readonly role: Role; readonly before: Role }>
  | DomainEvent<'MemberRemoved', Member & { readonly role: Role }>;

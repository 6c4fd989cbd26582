import type { DomainEvent } from '../decider.js';
import type { UserId } from '../ids.js';
import type { PlatformRole } from '../role/index.js';

interface Holder {
  readonly user: UserId;
  readonly role: PlatformRole;
}

export type PlatformRoleEvent =
  DomainEvent<'PlatformRoleGranted', Holder> | DomainEvent<'PlatformRoleRevoked', Holder>;

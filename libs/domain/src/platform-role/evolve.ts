import { never } from '../decider.js';
import { without } from '../records.js';
import type { PlatformRoleEvent } from './events.js';
import type { PlatformRoleState } from './state.js';

export function evolvePlatformRole(
  { roles }: PlatformRoleState,
  { type, data: { user, role } }: PlatformRoleEvent,
): PlatformRoleState {
  const others = (roles[user] ?? []).filter((held) => held !== role);
  switch (type) {
    case 'PlatformRoleGranted':
      return { roles: { ...roles, [user]: [...others, role] } };
    case 'PlatformRoleRevoked':
      return { roles: others.length === 0 ? without(roles, user) : { ...roles, [user]: others } };
    default:
      return never(type);
  }
}

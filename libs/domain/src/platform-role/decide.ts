import { never, Refusal } from '../decider.js';
import type { PlatformRoleCommand } from './commands.js';
import type { PlatformRoleEvent } from './events.js';
import type { PlatformRoleState } from './state.js';

/** One may have several. Once there is an operator there always is one: only root on the control plane's host could make another. */
export function decidePlatformRole(
  { type, user, role }: PlatformRoleCommand,
  { roles }: PlatformRoleState,
): readonly PlatformRoleEvent[] {
  const holds = roles[user]?.includes(role) ?? false;
  switch (type) {
    case 'grant':
      return holds ? [] : [{ type: 'PlatformRoleGranted', data: { user, role } }];
    case 'revoke':
      if (!holds) return [];
      if (role === 'operator' && operatorsOf({ roles }) === 1)
        throw new Refusal('last_operator', 'the last operator stays: make another one first', 409);
      return [{ type: 'PlatformRoleRevoked', data: { user, role } }];
    default:
      return never(type);
  }
}

const operatorsOf = ({ roles }: PlatformRoleState): number =>
  Object.values(roles).filter((held) => held.includes('operator')).length;

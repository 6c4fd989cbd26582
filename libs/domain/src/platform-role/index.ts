import type { Decider } from '../decider.js';
import type { PlatformRoleCommand } from './commands.js';
import { decidePlatformRole } from './decide.js';
import type { PlatformRoleEvent } from './events.js';
import { evolvePlatformRole } from './evolve.js';
import type { PlatformRoleState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

/** There is one platform. */
export const PLATFORM_ROLE_ID = 'platform';

/** Who is operator, security or auditor of the platform. */
export const platformRoleAggregate: Decider<PlatformRoleState, PlatformRoleCommand, PlatformRoleEvent> = {
  type: 'platform-role',
  initial: { roles: {} },
  evolve: evolvePlatformRole,
  decide: decidePlatformRole,
};

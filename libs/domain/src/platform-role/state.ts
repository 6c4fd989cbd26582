import type { UserId } from '../ids.js';
import type { PlatformRole } from '../role/index.js';

export interface PlatformRoleState {
  /** Who has at least one. */
  readonly roles: Readonly<Record<UserId, readonly PlatformRole[]>>;
}

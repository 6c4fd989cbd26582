import type { UserId } from '../ids.js';
import type { PlatformRole } from '../role/index.js';

export type PlatformRoleCommand =
  | { readonly type: 'grant'; readonly user: UserId; readonly role: PlatformRole }
  | { readonly type: 'revoke'; readonly user: UserId; readonly role: PlatformRole };

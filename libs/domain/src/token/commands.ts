import type { TokenId } from '../ids.js';
import type { TokenScope } from './events.js';

export type TokenCommand =
  | {
      readonly type: 'create';
      readonly token: TokenId;
      readonly name: string;
      readonly scope: TokenScope;
      readonly sha256: string;
      readonly expiresAt: string | null;
    }
  | { readonly type: 'revoke' };

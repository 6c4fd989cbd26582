import type { TokenId } from '../ids.js';
import type { TokenScope } from './events.js';

export type TokenState =
  | { readonly status: 'absent' }
  | {
      readonly status: 'valid' | 'revoked';
      readonly token: TokenId;
      readonly name: string;
      readonly scope: TokenScope;
      readonly sha256: string;
      readonly expiresAt: string | null;
    };

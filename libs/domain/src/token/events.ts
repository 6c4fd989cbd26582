import type { DomainEvent } from '../decider.js';
import type { OrganizationId, TokenId } from '../ids.js';

export type TokenScope =
  | { readonly kind: 'platform' }
  | {
      readonly kind: 'organization';
      readonly organization: OrganizationId;
      readonly access: 'full' | 'read';
    };

export type TokenEvent =
  | DomainEvent<
      'TokenCreated',
      {
        readonly token: TokenId;
        readonly name: string;
        readonly scope: TokenScope;
        /** SHA-256 of the whole token text, hex: the text has 256 random bits, so a plain hash tells nothing. */
        readonly sha256: string;
        readonly expiresAt: string | null;
      }
    >
  | DomainEvent<'TokenRevoked', { readonly token: TokenId }>;

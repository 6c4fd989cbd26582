import type { DomainEvent } from '../decider.js';

/** A one-time right to enrol as one identity; the aggregate's id is the token's. */
export type JoinTokenEvent =
  | DomainEvent<
      'JoinTokenCreated',
      {
        readonly joinToken: string;
        readonly kind: string;
        readonly name: string;
        /** SHA-256 of the token's text, hex: the text has 256 random bits, so a plain hash tells nothing. */
        readonly sha256: string;
        readonly expiresAt: string;
      }
    >
  | DomainEvent<
      'JoinTokenUsed',
      {
        readonly joinToken: string;
        /** SHA-256 of the public key it was used for, hex. */
        readonly key: string;
      }
    >
  | DomainEvent<'JoinTokenRevoked', { readonly joinToken: string }>;

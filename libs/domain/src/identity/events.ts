import type { DomainEvent } from '../decider.js';

/** Something that holds a certificate of the internal CA; the aggregate's id is `<kind>/<name>`. */
export type IdentityEvent =
  | DomainEvent<
      'IdentityEnrolled',
      {
        readonly kind: string;
        readonly name: string;
        /** The join token that let it in. */
        readonly joinToken: string;
        /** A host's X25519 public key, base64; null for a service. */
        readonly sealKey: string | null;
      }
    >
  | DomainEvent<'IdentityRemoved', { readonly kind: string; readonly name: string; readonly reason: string }>;

import type { DomainEvent } from '../decider.js';
import type { OrganizationId } from '../ids.js';

export type OrganizationEvent =
  | DomainEvent<
      'OrganizationCreated',
      {
        readonly organization: OrganizationId;
        readonly slug: string;
        /** Immutable, below 2^31: macaroon caveats name the organization by it. */
        readonly number: number;
        readonly kind: 'personal' | 'shared';
        /** The default network's number in 6PN addresses. */
        readonly networkId: number;
      }
    >
  | DomainEvent<'OrganizationDeleted', { readonly organization: OrganizationId }>;

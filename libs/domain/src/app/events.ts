import type { DomainEvent } from '../decider.js';
import type { AppId, OrganizationId } from '../ids.js';

export type AppEvent =
  | DomainEvent<
      'AppCreated',
      {
        readonly app: AppId;
        readonly organization: OrganizationId;
        readonly name: string;
        /** Immutable, below 2^31. */
        readonly number: number;
        readonly network: string;
        readonly networkId: number;
      }
    >
  | DomainEvent<
      'AppDeleted',
      { readonly app: AppId; readonly organization: OrganizationId; readonly name: string }
    >;

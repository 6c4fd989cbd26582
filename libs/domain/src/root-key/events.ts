import type { DomainEvent } from '../decider.js';
import type { OrganizationId } from '../ids.js';

export type RootKeyEvent =
  | DomainEvent<
      'RootKeyCreated',
      { readonly organization: OrganizationId; readonly number: number; readonly key: string }
    >
  | DomainEvent<'RootKeyDestroyed', { readonly organization: OrganizationId; readonly reason: string }>;

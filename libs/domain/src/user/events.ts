import type { DomainEvent } from '../decider.js';
import type { UserId } from '../ids.js';

interface Named {
  readonly user: UserId;
}

/** What a person is called, and how to reach one, is in no event: it stands in a table from which it can be erased. */
export type UserEvent =
  | DomainEvent<'UserCreated', Named & { readonly number: number }>
  | DomainEvent<'UserDisabled', Named>
  | DomainEvent<'UserEnabled', Named>
  | DomainEvent<'UserErased', Named>;

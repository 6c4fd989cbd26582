import type { DomainEvent } from '../decider.js';

/** The key under which one organization's sealed fields are kept; the aggregate's id is the scope. */
export type DataKeyEvent =
  | DomainEvent<'DataKeyCreated', { readonly scope: string }>
  | DomainEvent<'DataKeyDestroyed', { readonly scope: string; readonly reason: string }>;

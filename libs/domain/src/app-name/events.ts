import type { DomainEvent } from '../decider.js';
import type { AppId } from '../ids.js';

/** An app's name, unique on the platform; the aggregate's id is the name. */
export type AppNameEvent =
  | DomainEvent<'AppNameTaken', { readonly name: string; readonly app: AppId }>
  | DomainEvent<'AppNameReleased', { readonly name: string; readonly app: AppId }>;

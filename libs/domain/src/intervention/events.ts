import type { DomainEvent } from '../decider.js';
import type { Intervention } from './state.js';

/** An operator ordered what only a person can answer for; recorded before it is carried out. */
export type InterventionEvent = DomainEvent<'InterventionOrdered', Intervention>;

import type { DomainEvent } from '@bulkhead/domain';
import type { ReadEnvelope } from '@bulkhead/journal';

/**
 * The events of all aggregates of one type in a batch, in order. Their contracts have been checked; which events an aggregate's type
 * has is the contract's word.
 */
export const eventsOf = <Event extends DomainEvent>(batch: readonly ReadEnvelope[], type: string): Event[] =>
  batch
    .filter(({ aggregate }) => aggregate.type === type)
    .flatMap(({ events }) => events as readonly Event[]);

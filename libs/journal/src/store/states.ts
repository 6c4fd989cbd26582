import type { Aggregate, DomainEvent } from '@bulkhead/domain';
import type { EventCodec } from '../events/decode.js';
import { decodeBody } from './body.js';

/** A state and the version it stands at; version 0 is an aggregate of which nothing has happened. */
export interface Versioned<State> {
  readonly state: State;
  readonly version: number;
}

/** Least recently used states of aggregates, so that a load reads only what is new. Sealed fields stay sealed. */
export class StateCache {
  private readonly states = new Map<string, Versioned<unknown>>();

  constructor(private readonly limit: number) {}

  get(aggregate: string): Versioned<unknown> | undefined {
    const known = this.states.get(aggregate);
    if (known) this.put(aggregate, known);
    return known;
  }

  put(aggregate: string, value: Versioned<unknown>): void {
    this.states.delete(aggregate);
    this.states.set(aggregate, value);
    if (this.states.size <= this.limit) return;
    const oldest = this.states.keys().next();
    if (!oldest.done) this.states.delete(oldest.value);
  }
}

/** Folds stored bodies into a state. */
export function replayBodies<State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  codec: EventCodec,
  from: Versioned<State>,
  bodies: readonly Uint8Array[],
): Versioned<State> {
  let { state, version } = from;
  for (const bytes of bodies) {
    const body = decodeBody(bytes);
    // The contract of its type has just been checked; which types an aggregate has, its own decider says.
    for (const event of body.events) state = aggregate.evolve(state, codec.decode(event) as Event);
    version = body.version;
  }
  return { state, version };
}

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { fold, Refusal, type Aggregate, type DomainEvent } from '@bulkhead/domain';

/** What came of a decision. */
export interface Decided<Event extends DomainEvent> {
  /** Exactly these events, in this order. */
  then(events: readonly Event[]): void;
  nothing(): void;
  refused(code: string, status?: number): void;
}

export interface Given<State, Event extends DomainEvent> {
  readonly state: State;
  when(decide: (state: State) => readonly Event[]): Decided<Event>;
}

/**
 * Says what a decider does, in its own words:
 * `given(machine, [created]).when((state) => decide(start, state)).then([startRequested])`.
 */
export function given<State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  events: readonly Event[],
): Given<State, Event> {
  const state = fold(aggregate, events);
  return { state, when: (decide) => outcome(() => decide(state)) };
}

function outcome<Event extends DomainEvent>(decide: () => readonly Event[]): Decided<Event> {
  let events: readonly Event[] = [];
  let refusal: Refusal | undefined;
  try {
    events = decide();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refusal = error;
  }
  const accepted = () => ok(!refusal, `refused with ${refusal?.code}: ${refusal?.message}`);
  return {
    then(expected) {
      accepted();
      deepStrictEqual(events, expected);
    },
    nothing() {
      accepted();
      deepStrictEqual(events, []);
    },
    refused(code, status) {
      ok(refusal, `not refused but decided ${JSON.stringify(events)}`);
      strictEqual(refusal.code, code);
      if (status !== undefined) strictEqual(refusal.status, status);
    },
  };
}

/** What a decision refuses, in words for the caller; the same command gets the same refusal again. */
export class Refusal extends Error {
  constructor(
    /** Stable, snake_case. */
    readonly code: string,
    message: string,
    /** The HTTP status a client of the API sees. */
    readonly status: number,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

/** How one kind of aggregate comes to its state: a fold over its events from `initial`. */
export interface Aggregate<State, Event extends DomainEvent> {
  readonly type: string;
  readonly initial: State;
  readonly evolve: (state: State, event: Event) => State;
}

export const fold = <State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  events: readonly Event[],
): State => events.reduce(aggregate.evolve, aggregate.initial);

/** Ends an exhaustive switch. */
export function never(value: never): never {
  throw new Error(`impossible case: ${JSON.stringify(value)}`);
}

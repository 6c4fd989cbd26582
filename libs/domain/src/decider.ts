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
  /** Total: an event that means nothing in a state leaves it as it is. */
  readonly evolve: (state: State, event: Event) => State;
}

/** An aggregate and the rules of what may happen to it. */
export interface Decider<State, Command, Event extends DomainEvent> extends Aggregate<State, Event> {
  /**
   * The events a command leads to, none where it changes nothing.
   * @throws Refusal, and nothing else.
   */
  readonly decide: (command: Command, state: State) => readonly Event[];
}

export const fold = <State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  events: readonly Event[],
): State => events.reduce(aggregate.evolve, aggregate.initial);

/** Ends an exhaustive switch. */
export function never(value: never): never {
  throw new Error(`impossible case: ${JSON.stringify(value)}`);
}

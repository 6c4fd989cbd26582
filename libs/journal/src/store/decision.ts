import type { Aggregate, DomainEvent } from '@bulkhead/domain';
import type { Actor, OrganizationScope, Touched } from '@bulkhead/contracts';
import type { Row, SqlValue } from '../ports/sql.js';

/** An aggregate as a decision found it. */
export interface Loaded<State, Event extends DomainEvent> {
  readonly aggregate: Aggregate<State, Event>;
  readonly id: string;
  readonly state: State;
  readonly version: number;
}

/** What a decision may do; everything takes effect together or not at all. */
export interface Decision {
  /** Loads asked for in the same turn of the event loop are one round trip: use Promise.all. Sealed fields stay sealed. */
  load<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    id: string,
  ): Promise<Loaded<State, Event>>;
  /**
   * One envelope of 1..100 events, none where there are no events. Once per aggregate.
   * @param organization whose events they are; the command's own by default.
   */
  append<State, Event extends DomainEvent>(
    loaded: Loaded<State, Event>,
    events: readonly Event[],
    organization?: OrganizationScope,
  ): void;
  /** A statement of the service's own tables in the transaction of this decision. */
  sql<R extends Row = Row>(text: string, values?: readonly SqlValue[]): Promise<R[]>;
}

export interface Command {
  /** The same id gets the same answer. Scoped to its caller by whoever made it. */
  readonly id: string;
  /** What is asked: the same id with other content is an error. Only a keyed digest of it is kept. */
  readonly content: unknown;
  readonly actor: Actor;
  readonly organization: OrganizationScope;
  readonly now: Date;
  /** Id of the envelope this follows from. */
  readonly cause?: string;
  /** W3C trace id. */
  readonly trace?: string;
}

export interface Outcome<Result> {
  readonly result: Result;
  readonly touched: readonly Touched[];
}

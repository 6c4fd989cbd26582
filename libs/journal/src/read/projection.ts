import type { DomainEvent } from '@bulkhead/domain';
import type { Cursor, EnvelopeBody, EnvelopeRecord, EventContracts, Service } from '@bulkhead/contracts';
import type { FeedWriter } from '../feed/feed-writer.js';
import type { Sql } from '../ports/sql.js';

/** An envelope as a reader sees it: events in today's shape, sealed fields sealed. */
export interface ReadEnvelope extends Omit<EnvelopeBody, 'events'> {
  readonly record: EnvelopeRecord;
  readonly events: readonly DomainEvent[];
}

/** Tables that are written from one journal and nothing else. */
export interface ProjectionDefinition {
  /** One token, unique over all services, such as `api-machines`. */
  readonly name: string;
  readonly journal: Service;
  /** Of every event of that journal: meeting another stops the projection, since this release is too old for it. */
  readonly contracts: EventContracts;
  /** The tables it alone writes. */
  readonly tables: readonly string[];
  /**
   * Writes what a batch means, set-wise, in order. SQL names tables without schema, so that a replay can run it on tables of its own.
   * An error parks the aggregates it comes from, found by applying envelope by envelope.
   */
  apply(tx: Sql, batch: readonly ReadEnvelope[], feed: FeedWriter): Promise<void>;
}

/** For health checks and `doctor`. */
export type ProjectionStatus =
  | { readonly state: 'waiting' }
  | { readonly state: 'active'; readonly cursor: Cursor }
  /** Met an event that is newer than this release: upgrade it. */
  | { readonly state: 'stopped'; readonly cursor: Cursor; readonly why: string };

/** An aggregate that a projection could not follow from a version on. */
export interface Parked {
  readonly reader: string;
  /** `<type>/<id>` */
  readonly aggregate: string;
  readonly version: number;
  readonly position: number;
  readonly error: string;
  readonly at: Date;
}

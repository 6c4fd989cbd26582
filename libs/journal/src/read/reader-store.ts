import type { Cursor, Service } from '@bulkhead/contracts';
import type { FeedChange } from '@bulkhead/contracts';
import type { FeedPut } from '../feed/feed-writer.js';
import type { Leader } from '../leadership/leadership.js';
import type { Sql } from '../ports/sql.js';
import type { Parked } from './projection.js';

/** Another copy moved the cursor, or this one no longer leads: what was done was rolled back. */
export class CursorMoved extends Error {
  override readonly name = 'CursorMoved';
}

export interface Step {
  readonly leader: Leader;
  readonly reader: string;
  readonly from: Cursor;
  readonly to: Cursor;
}

export interface NumberedChange {
  readonly feed: string;
  readonly change: FeedChange;
}

/** What a projection may do in the transaction that moves its cursor. */
export interface StepTransaction {
  readonly sql: Sql;
  /** `<type>/<id>` of aggregates that are passed over. */
  readonly parked: ReadonlySet<string>;
  /** Undoes what `work` did where it fails, and gives its error. Errors of the transaction itself are thrown. */
  attempt(work: () => Promise<void>): Promise<unknown>;
  park(entry: Omit<Parked, 'reader' | 'at'>): Promise<void>;
  feed(puts: readonly FeedPut[]): Promise<readonly NumberedChange[]>;
}

export interface ReaderPlace {
  readonly cursor: Cursor;
  /** Null where it is not yet known how far the reader has to come. */
  readonly rebuildTo: number | null;
}

/** Cursors, rows and parked aggregates of a service's projections. */
export interface ReaderStore {
  /** Where a reader is; it begins before the first position. */
  open(reader: string, journal: Service): Promise<ReaderPlace>;
  /** Says up to which position a new or reset reader has to come before what it holds may be believed. */
  rebuildTo(reader: string, position: number): Promise<void>;
  /** Moves the cursor and does `work`, together or not at all. @throws CursorMoved */
  step<T>(step: Step, work: (transaction: StepTransaction) => Promise<T>): Promise<T>;
  /** Empties a projection's tables and feeds and sets its cursor before the first position. @throws CursorMoved */
  reset(leader: Leader, reader: string, tables: readonly string[]): Promise<void>;
  parked(reader?: string): Promise<readonly Parked[]>;
  /**
   * With the reader's cursor held still, does `work` for one parked aggregate and unparks it; null where it isn't parked. Where
   * `work` fails it stays parked.
   */
  unpark<T>(
    reader: string,
    aggregate: string,
    work: (parked: Parked, cursor: Cursor, transaction: StepTransaction) => Promise<T>,
  ): Promise<T | null>;
  /** Passes over a parked aggregate's events for good, and follows it again from the next one on. */
  discard(reader: string, aggregate: string): Promise<boolean>;
}

import type { Cursor } from '@bulkhead/contracts';
import type { Leader } from '../leadership/leadership.js';
import type { Recorded } from './recorded.js';

/** What a relay, and whoever reads a journal from its owner, needs of the database. */
export interface RelayStore {
  /**
   * Gives up to `most` pending envelopes the next positions, in an order that keeps cause before effect. Has no effect and gives
   * nothing where `leader` no longer leads.
   */
  record(leader: Leader, most: number): Promise<readonly Recorded[]>;
  head(): Promise<Cursor>;
  /** In order from a position on, as many as fit in `bytes`, at least one if there is one. */
  from(position: number, most: number, bytes: number): Promise<readonly Recorded[]>;
  /** One aggregate's recorded envelopes from a version on. */
  ofAggregate(
    aggregate: string,
    fromVersion: number,
    most: number,
    bytes: number,
  ): Promise<readonly Recorded[]>;
  /** Every epoch, oldest first. */
  epochs(): Promise<readonly { readonly epoch: string; readonly lastPosition: number }[]>;
  /** The oldest position that is younger than `maxAgeMs` and, counted from the newest, within `maxBytes`; head + 1 for none. */
  oldestWithin(maxAgeMs: number, maxBytes: number): Promise<number>;
}

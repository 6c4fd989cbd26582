import type { Cursor } from '@bulkhead/contracts';
import { EventCodec } from '../events/decode.js';
import { FeedBatch } from '../feed/feed-writer.js';
import type { Sql } from '../ports/sql.js';
import type { Pages } from './pages.js';
import type { ProjectionDefinition } from './projection.js';
import { readBatch, type Readable } from './read-batch.js';

/** A row that live table and replay don't have in common. */
export interface Drift {
  readonly table: string;
  /** `live`: only the live table has it; `replayed`: only the replay has it. */
  readonly side: 'live' | 'replayed';
  readonly row: string;
}

export interface ReplayReport {
  /** Up to where both were compared. */
  readonly cursor: Cursor;
  readonly envelopes: number;
  readonly rows: Readonly<Record<string, number>>;
  /** At most the first hundred rows per table and side. */
  readonly drift: readonly Drift[];
  /** Aggregates that the replay could not follow either. */
  readonly parked: readonly { readonly aggregate: string; readonly error: string }[];
  readonly swapped: boolean;
}

/** Where a projection is built anew beside its live tables. */
export interface ShadowStore {
  /**
   * Does `work` in a transaction that sees the live tables as of one moment, or holds them still where `hold` is set, while names
   * without schema mean empty tables of the same shape.
   */
  shadow<T>(
    projection: ProjectionDefinition,
    hold: boolean,
    work: (shadow: Shadow) => Promise<T>,
  ): Promise<T>;
}

export interface Shadow {
  readonly sql: Sql;
  /** Where the live projection was at that moment. */
  readonly cursor: Cursor;
  attempt(work: () => Promise<void>): Promise<unknown>;
  compare(table: string): Promise<{ readonly rows: number; readonly drift: readonly Drift[] }>;
  /** Puts what was built in the place of the live rows, and follows again what was parked. */
  swap(): Promise<void>;
}

interface ReplayOptions {
  readonly projection: ProjectionDefinition;
  readonly pages: Pages;
  readonly store: ShadowStore;
  /** Puts the replayed rows in the place of the live ones, where they drifted. */
  readonly swap: boolean;
  readonly progress?: (position: number) => void;
}

const PAGE = 500;

/**
 * Builds a projection from position 0 into shadow tables up to where the live one is, and compares them row by row. With `swap` the
 * live projection waits meanwhile. Feeds are left alone: their numbers tell how they came about, not what is.
 * @throws UnknownEvent where the journal is newer than this release.
 */
export const replay = ({ projection, pages, store, swap, progress }: ReplayOptions): Promise<ReplayReport> =>
  store.shadow(projection, swap, async (shadow) => {
    const builder = new ShadowBuilder(projection, shadow);
    let position = 0;
    while (position < shadow.cursor.position) {
      const { envelopes } = await pages.ask({
        after: position,
        limit: Math.min(PAGE, shadow.cursor.position - position),
      });
      if (envelopes.length === 0)
        throw new Error(`the journal of ${projection.journal} ends at ${position}, its reader is beyond`);
      const { readable, unknown } = readBatch(builder.codec, envelopes);
      if (unknown) throw unknown;
      await builder.apply(readable);
      position += envelopes.length;
      progress?.(position);
    }
    const compared = await compareAll(projection.tables, shadow);
    const swapped = swap && compared.drift.length > 0;
    if (swapped) await shadow.swap();
    return { cursor: shadow.cursor, envelopes: position, ...compared, parked: builder.parked, swapped };
  });

async function compareAll(tables: readonly string[], shadow: Shadow) {
  const rows: Record<string, number> = {};
  const drift: Drift[] = [];
  for (const table of tables) {
    const compared = await shadow.compare(table);
    rows[table] = compared.rows;
    drift.push(...compared.drift);
  }
  return { rows, drift };
}

/** Applies batches as the projector does, to the shadow. */
class ShadowBuilder {
  readonly codec: EventCodec;
  readonly parked: { aggregate: string; error: string }[] = [];

  constructor(
    private readonly projection: ProjectionDefinition,
    private readonly shadow: Shadow,
  ) {
    this.codec = new EventCodec(projection.contracts);
  }

  async apply(readable: readonly Readable[]): Promise<void> {
    const due = readable.filter(({ recorded }) => !this.isParked(recorded.aggregate));
    const error = await this.shadow.attempt(() => this.write(due));
    if (error === undefined) return;
    for (const item of due) {
      if (this.isParked(item.recorded.aggregate)) continue;
      const failure = await this.shadow.attempt(() => this.write([item]));
      if (failure !== undefined)
        this.parked.push({ aggregate: item.recorded.aggregate, error: String(failure) });
    }
  }

  private async write(readable: readonly Readable[]): Promise<void> {
    const batch = readable.map((item) => {
      if ('error' in item) throw item.error;
      return item.envelope;
    });
    if (batch.length > 0) await this.projection.apply(this.shadow.sql, batch, new FeedBatch());
  }

  private isParked(aggregate: string): boolean {
    return this.parked.some((entry) => entry.aggregate === aggregate);
  }
}

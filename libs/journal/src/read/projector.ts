import { metrics, type BatchObservableResult } from '@opentelemetry/api';
import { announceSubject, RetryableError, type Cursor, type Touched } from '@bulkhead/contracts';
import { EventCodec, type UnknownEvent } from '../events/decode.js';
import { FeedBatch } from '../feed/feed-writer.js';
import { Leadership, type Leader, type LeadershipStore } from '../leadership/leadership.js';
import type { Bus, Streams } from '../ports/bus.js';
import { systemClock, type Clock } from '../ports/clock.js';
import { systemRandom, type Random } from '../ports/random.js';
import { DatabaseUnavailable, TransactionConflict } from '../ports/sql.js';
import { EpochLost } from './continuity.js';
import { readJournal } from './journal-reader.js';
import type { Pages } from './pages.js';
import type { Parked, ProjectionDefinition, ProjectionStatus, ReadEnvelope } from './projection.js';
import { readBatch, readEnvelope, type Readable } from './read-batch.js';
import { CursorMoved, type NumberedChange, type ReaderStore, type StepTransaction } from './reader-store.js';

export interface ProjectorOptions {
  readonly store: ReaderStore;
  readonly leadership: LeadershipStore;
  readonly bus: Bus;
  readonly streams: Streams;
  readonly pages: Pages;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly leadershipMs?: number;
  /** Where changes of feeds go once they are committed. */
  readonly push?: (changes: readonly NumberedChange[]) => void;
  readonly report?: (error: unknown) => void;
}

/** What an applied batch leaves to be told. */
interface Applied {
  readonly touched: readonly Touched[];
  readonly changes: readonly NumberedChange[];
}

const MAX_ANNOUNCED = 1_000;
const RETRY_MS = 200;

/** Runs one projection: any number of copies, of which one is active. */
export class Projector {
  status: ProjectionStatus = { state: 'waiting' };
  private readonly codec: EventCodec;
  private readonly clock: Clock;
  private readonly report: (error: unknown) => void;
  private readonly leadership: Leadership;
  /** From the recording of what was applied last to its being applied, in s. */
  private delay = 0;

  constructor(
    private readonly projection: ProjectionDefinition,
    private readonly options: ProjectorOptions,
  ) {
    this.codec = new EventCodec(projection.contracts);
    this.clock = options.clock ?? systemClock;
    this.report = options.report ?? (() => undefined);
    this.leadership = new Leadership({
      store: options.leadership,
      role: `projection:${projection.name}`,
      holder: (options.random ?? systemRandom).id(),
      clock: this.clock,
      ...(options.leadershipMs === undefined ? {} : { ttlMs: options.leadershipMs }),
      report: this.report,
    });
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const unmeasured = this.measure();
    try {
      await this.leadership.lead(signal, (leader, term) => this.lead(leader, term));
    } finally {
      unmeasured();
    }
  }

  /** Only the copy that reads knows how far it is; what is parked, each does. */
  private measure(): () => void {
    const meter = metrics.getMeter('bulkhead');
    const position = meter.createObservableGauge('bulkhead_projection_position', {
      description: "Up to which position of the journal a projection's rows are.",
    });
    const delay = meter.createObservableGauge('bulkhead_projection_delay_seconds', {
      description: 'From the recording of what was applied last to its being applied.',
    });
    const parked = meter.createObservableGauge('bulkhead_projection_parked', {
      description: 'Aggregates that a projection could not follow.',
    });
    const instruments = [position, delay, parked];
    const observe = async (result: BatchObservableResult): Promise<void> => {
      const { name: projection, journal } = this.projection;
      if (this.status.state === 'active') {
        result.observe(position, this.status.cursor.position, { projection, journal });
        result.observe(delay, this.delay, { projection, journal });
      }
      try {
        result.observe(parked, (await this.parked()).length, { projection, journal });
      } catch (error) {
        this.report(error);
      }
    };
    meter.addBatchObservableCallback(observe, instruments);
    return () => meter.removeBatchObservableCallback(observe, instruments);
  }

  parked(): Promise<readonly Parked[]> {
    return this.options.store.parked(this.projection.name);
  }

  /**
   * Reads a parked aggregate again, from the version it was parked at. Any copy may do it.
   * @returns false where it isn't parked; throws, and leaves it parked, what applying it ran into.
   */
  async retry(aggregate: string): Promise<boolean> {
    const { store } = this.options;
    const applied = await store.unpark(this.projection.name, aggregate, (parked, cursor, tx) =>
      this.catchUp(parked, cursor, tx),
    );
    if (applied) this.tell(applied);
    return applied !== null;
  }

  private async lead(leader: Leader, signal: AbortSignal): Promise<void> {
    const { store, streams, pages } = this.options;
    const { name, journal, tables } = this.projection;
    const source = { journal, streams, pages, clock: this.clock, report: this.report };
    const place = await store.open(name, journal);
    let cursor = place.cursor;
    if (place.rebuildTo === null) await this.sayHowFar();
    try {
      for await (const batch of readJournal(source, cursor, signal)) {
        const { readable, unknown } = readBatch(this.codec, batch);
        cursor = await this.persist(leader, cursor, readable, signal);
        // Leadership is given up, so that a copy of a newer release can go on.
        if (unknown) return this.giveUp(cursor, unknown);
      }
    } catch (error) {
      if (error instanceof EpochLost) await store.reset(leader, name, tables);
      throw error;
    } finally {
      if (this.status.state === 'active') this.status = { state: 'waiting' };
    }
  }

  /** A reader that has read nothing yet must come to where the journal is now before its rows say how things are. */
  private async sayHowFar(): Promise<void> {
    const { head } = await this.options.pages.ask({ after: 0, limit: 1 });
    await this.options.store.rebuildTo(this.projection.name, head.position);
  }

  /** Applies a batch, again after trouble with the database. What was committed unheard shows as CursorMoved. */
  private async persist(
    leader: Leader,
    from: Cursor,
    readable: readonly Readable[],
    signal: AbortSignal,
  ): Promise<Cursor> {
    while (readable.length > 0 && !signal.aborted) {
      try {
        const cursor = await this.commit(leader, from, readable);
        this.status = { state: 'active', cursor };
        return cursor;
      } catch (error) {
        if (error instanceof CursorMoved || !isTrouble(error)) throw error;
        this.report(error);
        await this.clock.sleep(RETRY_MS, signal);
      }
    }
    return from;
  }

  private async commit(leader: Leader, from: Cursor, readable: readonly Readable[]): Promise<Cursor> {
    const last = readable.at(-1)?.recorded.record;
    const { epoch, position } = last ?? from;
    const to = { epoch, position };
    const step = { leader, reader: this.projection.name, from, to };
    const applied = await this.options.store
      .step(step, (tx) => this.applyTogether(tx, readable))
      .catch((error: unknown) => {
        if (isTrouble(error)) throw error;
        this.report(error);
        return this.options.store.step(step, (tx) => this.applyOneByOne(tx, readable));
      });
    if (last) this.delay = (this.clock.now().getTime() - Date.parse(last.recordedAt)) / 1_000;
    this.tell(applied);
    return to;
  }

  private async applyTogether(tx: StepTransaction, readable: readonly Readable[]): Promise<Applied> {
    const followed = readable.filter(({ recorded }) => !tx.parked.has(recorded.aggregate));
    const batch = followed.map((item) => {
      if ('error' in item) throw item.error;
      return item.envelope;
    });
    return this.apply(tx, batch);
  }

  private async apply(tx: StepTransaction, batch: readonly ReadEnvelope[]): Promise<Applied> {
    const feed = new FeedBatch();
    if (batch.length > 0) await this.projection.apply(tx.sql, batch, feed);
    return {
      touched: batch.map(({ aggregate, version }) => ({ aggregate, version })),
      changes: await tx.feed(feed.puts),
    };
  }

  /** Finds out which aggregates can't be followed, and parks them. */
  private async applyOneByOne(tx: StepTransaction, readable: readonly Readable[]): Promise<Applied> {
    const parked = new Set(tx.parked);
    const all: Applied[] = [];
    for (const item of readable) {
      const { aggregate, record } = item.recorded;
      if (parked.has(aggregate)) continue;
      const error =
        'error' in item
          ? item.error
          : await tx.attempt(async () => void all.push(await this.apply(tx, [item.envelope])));
      if (error === undefined) continue;
      parked.add(aggregate);
      await tx.park({
        aggregate,
        version: versionOf(item),
        position: record.position,
        error: describe(error),
      });
      this.report(error);
    }
    return together(all);
  }

  private async catchUp(
    { aggregate, version }: Parked,
    cursor: Cursor,
    tx: StepTransaction,
  ): Promise<Applied> {
    const all: Applied[] = [];
    for (let next = version; ;) {
      const page = await this.options.pages.ask({ aggregate, fromVersion: next, limit: 100 });
      const due = page.envelopes.filter(({ record }) => record.position <= cursor.position);
      const batch = due.map((recorded) => {
        const item = readEnvelope(this.codec, recorded);
        if ('error' in item) throw item.error;
        return item.envelope;
      });
      if (batch.length === 0) return together(all);
      all.push(await this.apply(tx, batch));
      next += batch.length;
    }
  }

  private tell({ touched, changes }: Applied): void {
    if (changes.length > 0) this.options.push?.(changes);
    for (let start = 0; start < touched.length; start += MAX_ANNOUNCED) {
      const announced = { touched: touched.slice(start, start + MAX_ANNOUNCED) };
      this.options.bus.publish(announceSubject(this.projection.name), Buffer.from(JSON.stringify(announced)));
    }
  }

  private giveUp(cursor: Cursor, unknown: UnknownEvent): void {
    if (this.status.state !== 'stopped') this.report(unknown);
    this.status = { state: 'stopped', cursor, why: unknown.message };
  }
}

const together = (all: readonly Applied[]): Applied => ({
  touched: all.flatMap(({ touched }) => touched),
  changes: all.flatMap(({ changes }) => changes),
});

/** Trouble of the database, of leadership or of what a projection needs (a data key), which says nothing about any event. */
const isTrouble = (error: unknown): boolean =>
  error instanceof RetryableError ||
  error instanceof DatabaseUnavailable ||
  error instanceof TransactionConflict ||
  error instanceof CursorMoved;

/** The version of an envelope, from its body's own beginning where that doesn't parse as a whole. */
function versionOf(item: Readable): number {
  if ('envelope' in item) return item.envelope.version;
  const found = /"version":(\d{1,9})[,}]/.exec(Buffer.from(item.recorded.body).toString('latin1'));
  return Number(found?.[1] ?? 1);
}

const describe = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 2_000);

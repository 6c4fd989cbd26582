import { envelopeBody, epochStart, parseJson, type Cursor, type Service } from '@bulkhead/contracts';
import {
  CommitUnknown,
  DatabaseUnavailable,
  EpochLost,
  Leadership,
  readJournal,
  TransactionConflict,
  type Clock,
  type Leader,
  type LeadershipStore,
  type Pages,
  type ReaderStore,
  type Recorded,
  type Streams,
} from '@bulkhead/journal';
import { appendEntries, type NewEntry } from './transparency-log.js';

export interface CollectorOptions {
  readonly store: ReaderStore;
  readonly leadership: LeadershipStore;
  readonly streams: Streams;
  readonly pages: Pages;
  readonly clock: Clock;
  /** This copy's own name, new at each start. */
  readonly holder: string;
  /** Entries were added. */
  readonly added: () => void;
  readonly report: (error: unknown) => void;
}

const RETRY_MS = 200;

/**
 * Brings one journal into the log, envelope by envelope as the bytes that were committed. It never parks and never starts over: what it
 * can't parse it keeps all the same, and what a restored journal gave up stays in the log beside what came after.
 */
export class Collector {
  readonly #reader: string;
  readonly #leadership: Leadership;
  cursor: Cursor | null = null;

  constructor(
    private readonly journal: Service,
    private readonly options: CollectorOptions,
  ) {
    this.#reader = `audit-${journal}`;
    this.#leadership = new Leadership({
      store: options.leadership,
      role: `collector:${journal}`,
      holder: options.holder,
      clock: options.clock,
      report: options.report,
    });
  }

  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#leadership.lead(signal, (leader, within) => this.#collect(leader, within));
  }

  async #collect(leader: Leader, signal: AbortSignal): Promise<void> {
    const { store, streams, pages, clock, report } = this.options;
    let { cursor } = await store.open(this.#reader, this.journal);
    try {
      for await (const batch of readJournal(
        { journal: this.journal, streams, pages, clock, report },
        cursor,
        signal,
      )) {
        cursor = await this.#keep(leader, cursor, batch, signal);
        this.cursor = cursor;
      }
    } catch (error) {
      if (!(error instanceof EpochLost)) throw error;
      report(error);
      await this.#goBack(leader, cursor);
    } finally {
      this.cursor = null;
    }
  }

  async #keep(
    leader: Leader,
    from: Cursor,
    batch: readonly Recorded[],
    signal: AbortSignal,
  ): Promise<Cursor> {
    const last = batch.at(-1);
    if (!last) return from;
    const to = { epoch: last.record.epoch, position: last.record.position };
    const entries = batch.map((recorded) => this.#toEntry(recorded));
    while (!signal.aborted) {
      try {
        await this.options.store.step({ leader, reader: this.#reader, from, to }, ({ sql }) =>
          appendEntries(sql, entries),
        );
        this.options.added();
        return to;
      } catch (error) {
        const passing = error instanceof DatabaseUnavailable || error instanceof TransactionConflict;
        if (!passing || error instanceof CommitUnknown) throw error;
        this.options.report(error);
        await this.options.clock.sleep(RETRY_MS, signal);
      }
    }
    return from;
  }

  /** The journal was restored to before this cursor: read on from the last position that its newest epoch kept. */
  async #goBack(leader: Leader, from: Cursor): Promise<void> {
    const { epochs } = await this.options.pages.ask({ after: 0, limit: 1 });
    const kept = epochs
      .filter(({ epoch }) => epochStart(epoch) > epochStart(from.epoch))
      .map(({ lastPosition }) => lastPosition);
    const to = { epoch: from.epoch, position: Math.min(from.position, ...kept) };
    await this.options.store.step({ leader, reader: this.#reader, from, to }, () => Promise.resolve());
  }

  #toEntry({ record, body }: Recorded): NewEntry {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const parsed = envelopeBody.pick({ id: true, organization: true }).loose().safeParse(parseJson(bytes));
    return {
      journal: this.journal,
      epoch: record.epoch,
      position: record.position,
      recordedAt: record.recordedAt,
      body: bytes,
      envelope: parsed.success ? parsed.data.id : null,
      organization: parsed.success ? parsed.data.organization : null,
    };
  }
}

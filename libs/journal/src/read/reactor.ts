import { SpanKind } from '@opentelemetry/api';
import type { DomainEvent } from '@bulkhead/domain';
import { RetryableError, streamName, type EventContracts, type Service } from '@bulkhead/contracts';
import { inSpan } from '../bus/trace.js';
import { EventCodec, UnknownEvent } from '../events/decode.js';
import type { Delivery, Headers, Streams } from '../ports/bus.js';
import { systemClock, type Clock } from '../ports/clock.js';
import { DatabaseUnavailable } from '../ports/sql.js';
import { aggregateOfSubject, recordOf, type Recorded } from '../relay/recorded.js';
import type { Pages } from './pages.js';
import type { ReadEnvelope } from './projection.js';
import type { ParkedMessage, ReactorStore } from './reactor-store.js';
import { readEnvelope } from './read-batch.js';

/** One event, perhaps seen before and perhaps out of order. */
export interface ReactorEvent<Event extends DomainEvent = DomainEvent> {
  readonly event: Event;
  readonly envelope: ReadEnvelope;
  /** For the command that the event is turned into: the same each time the event is seen. */
  readonly commandId: string;
}

export interface ReactorOptions {
  /** One token, unique over all services, such as `api-revocations`. */
  readonly name: string;
  readonly journal: Service;
  /** Of every event of that journal. */
  readonly contracts: EventContracts;
  /** Whether a new reactor also sees what happened before it. */
  readonly since: 'beginning' | 'now';
  /** An error parks the message, a RetryableError has it come again after its delay. */
  readonly handle: (event: ReactorEvent) => Promise<void>;
  readonly streams: Streams;
  readonly pages: Pages;
  readonly store: ReactorStore;
  readonly clock?: Clock;
  /** Messages under way at once, over all copies. */
  readonly limit?: number;
  readonly report?: (error: unknown) => void;
}

export type ReactorStatus =
  | { readonly state: 'waiting' }
  | { readonly state: 'active' }
  /** Met an event that is newer than this release: upgrade it. */
  | { readonly state: 'stopped'; readonly why: string };

const SAVE_EVERY_MS = 1_000;
const RETRY_MS = 500;
/** After this long without a word from a copy its message goes to another, in ms. */
const ACK_WAIT_MS = 30_000;
const PAGE = 200;

/** Turns events of a journal into commands. All copies share a durable; each message goes to one of them. */
export class Reactor {
  status: ReactorStatus = { state: 'waiting' };
  private readonly codec: EventCodec;
  private readonly clock: Clock;
  private readonly report: (error: unknown) => void;

  constructor(private readonly options: ReactorOptions) {
    this.codec = new EventCodec(options.contracts);
    this.clock = options.clock ?? systemClock;
    this.report = options.report ?? (() => undefined);
  }

  /** Runs until the signal aborts; what is under way is finished first. */
  async run(signal: AbortSignal): Promise<void> {
    const underWay = new Set<Promise<void>>();
    while (!signal.aborted) {
      const over = new AbortController();
      const within = AbortSignal.any([signal, over.signal]);
      const saving = this.saveUntil(within);
      try {
        await this.attempt(within, underWay);
      } catch (error) {
        if (error instanceof UnknownEvent) this.giveUp(error);
        else this.report(error);
      } finally {
        over.abort();
        await Promise.all([saving, ...underWay]);
      }
      await this.clock.sleep(RETRY_MS, signal);
    }
    this.status = { state: 'waiting' };
  }

  parked(): Promise<readonly ParkedMessage[]> {
    return this.options.store.parkedMessages(this.options.name);
  }

  /** Handles a parked message again. Throws, and leaves it parked, what it ran into. */
  async retry(position: number): Promise<boolean> {
    const { name, pages, store } = this.options;
    const parked = await this.parked();
    if (!parked.some((message) => message.position === position)) return false;
    const { envelopes } = await pages.ask({ after: position - 1, limit: 1 });
    const [recorded] = envelopes;
    if (recorded?.record.position !== position) throw new Error(`the journal has no position ${position}`);
    await this.handleEvents(recorded, {});
    return store.discardMessage(name, position);
  }

  private async attempt(signal: AbortSignal, underWay: Set<Promise<void>>): Promise<void> {
    const { name, journal, streams, limit = 64 } = this.options;
    const position = await this.readPages(await this.place(), signal);
    const options = {
      durable: name,
      fromSequence: position + 1,
      maxUnsettled: limit,
      ackWaitMs: ACK_WAIT_MS,
    };
    const unknown = new AbortController();
    const within = AbortSignal.any([signal, unknown.signal]);
    for await (const delivery of streams.work(streamName(journal), options, within)) {
      if (this.status.state === 'waiting') this.status = { state: 'active' };
      const handling = this.settle(delivery).catch((error: unknown) => unknown.abort(error));
      underWay.add(handling);
      void handling.then(() => underWay.delete(handling));
    }
    await Promise.all(underWay);
    if (unknown.signal.aborted) throw unknown.signal.reason;
  }

  private async place(): Promise<number> {
    const { name, journal, streams, pages, store, since } = this.options;
    const start = async () =>
      since === 'beginning' ? 0 : (await pages.ask({ after: 0, limit: 1 })).head.position;
    const saved = await store.place(name, journal, start);
    return Math.max(saved, (await streams.settledUpTo(streamName(journal), name)) ?? 0);
  }

  /** What the stream no longer has, or doesn't have yet, comes from the owner. */
  private async readPages(from: number, signal: AbortSignal): Promise<number> {
    const { name, journal, streams, pages, store } = this.options;
    let position = from;
    while (!signal.aborted && !(await streams.get(streamName(journal), position + 1).catch(() => null))) {
      const { envelopes } = await pages.ask({ after: position, limit: PAGE });
      if (envelopes.length === 0) break;
      for (const recorded of envelopes) await this.handlePaged(recorded, signal);
      position = envelopes.at(-1)?.record.position ?? position;
      await store.save(name, position);
    }
    return position;
  }

  private async handlePaged(recorded: Recorded, signal: AbortSignal): Promise<void> {
    for (;;) {
      const delay = await this.handleOrPark(recorded, {});
      if (delay === undefined) return;
      await this.clock.sleep(delay, signal);
      if (signal.aborted) throw new Error('stopped before everything was handled');
    }
  }

  /** @throws UnknownEvent */
  private async settle(delivery: Delivery): Promise<void> {
    const carried = recordOf(delivery.headers);
    if (!carried) return this.settleUnreadable(delivery);
    const recorded = { ...carried, aggregate: aggregateOfSubject(delivery.subject), body: delivery.data };
    try {
      const delay = await this.handleOrPark(recorded, delivery.headers);
      if (delay === undefined) delivery.done();
      else delivery.again(delay);
    } catch (error) {
      delivery.again(RETRY_MS);
      if (error instanceof UnknownEvent) throw error;
      this.report(error);
    }
  }

  /** A message without a record is not the relay's: the journal knows what belongs there. */
  private async settleUnreadable(delivery: Delivery): Promise<void> {
    const { envelopes } = await this.options.pages.ask({ after: delivery.sequence - 1, limit: 1 });
    for (const recorded of envelopes) await this.handleOrPark(recorded, delivery.headers);
    delivery.done();
  }

  /** @returns after how many ms it should come again, or undefined when it is done with. @throws UnknownEvent */
  private async handleOrPark(recorded: Recorded, headers: Headers): Promise<number | undefined> {
    try {
      await this.handleEvents(recorded, headers);
    } catch (error) {
      if (error instanceof UnknownEvent) throw error;
      this.report(error);
      if (error instanceof RetryableError) return error.delayMs;
      if (error instanceof DatabaseUnavailable) return RETRY_MS;
      const { record, id, aggregate } = recorded;
      const described = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      await this.options.store.park({
        reader: this.options.name,
        position: record.position,
        envelope: id,
        aggregate,
        error: described.slice(0, 2_000),
      });
    }
    return undefined;
  }

  private async handleEvents(recorded: Recorded, headers: Headers): Promise<void> {
    const read = readEnvelope(this.codec, recorded);
    if ('error' in read) throw read.error;
    const { envelope } = read;
    const { name, handle } = this.options;
    await inSpan(`react ${name}`, SpanKind.CONSUMER, headers, async () => {
      for (const [index, event] of envelope.events.entries())
        await handle({ event, envelope, commandId: `${name}-${envelope.id}-${index}` });
    });
  }

  private async saveUntil(signal: AbortSignal): Promise<void> {
    const { name, journal, streams, store } = this.options;
    while (!signal.aborted) {
      await this.clock.sleep(SAVE_EVERY_MS, signal);
      try {
        const settled = await streams.settledUpTo(streamName(journal), name);
        if (settled !== null) await store.save(name, settled);
      } catch (error) {
        this.report(error);
      }
    }
  }

  private giveUp(unknown: UnknownEvent): void {
    if (this.status.state !== 'stopped') this.report(unknown);
    this.status = { state: 'stopped', why: unknown.message };
  }
}

import { metrics, type BatchObservableResult } from '@opentelemetry/api';
import { wakeSubject, type Service } from '@bulkhead/contracts';
import { Leadership, type Leader, type LeadershipStore } from '../leadership/leadership.js';
import type { Bus, Streams } from '../ports/bus.js';
import { systemClock, type Clock } from '../ports/clock.js';
import { systemRandom, type Random } from '../ports/random.js';
import type { Recorded } from './recorded.js';
import type { RelayStore } from './relay-store.js';
import { STREAM_LIMITS, StreamAhead, StreamKeeper, type StreamLimits } from './stream-keeper.js';
import { Wake } from './wake.js';

export interface RelayOptions {
  readonly service: Service;
  readonly store: RelayStore;
  readonly leadership: LeadershipStore;
  readonly bus: Bus;
  readonly streams: Streams;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly limits?: StreamLimits;
  readonly leadershipMs?: number;
  /** What operators should know: errors that are tried again, repairs, and above all `StreamAhead`. */
  readonly report?: (problem: RelayProblem) => void;
}

export type RelayProblem =
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'repaired'; readonly why: string }
  | { readonly kind: 'ahead'; readonly why: string };

/** For health checks and `doctor`. */
export type RelayStatus =
  | { readonly state: 'waiting' }
  | { readonly state: 'aligning' }
  | { readonly state: 'carrying'; readonly position: number }
  /** Stopped until an operator reconciles. */
  | { readonly state: 'stopped'; readonly why: string };

/** The net below the wakes, in ms. */
const POLL_MS = 50;
const COMPARE_MS = 60_000;
const RETRY_MS = 250;
/** How often a stopped relay looks whether the stream fits again, in ms. */
const RECHECK_MS = 1_000;
const BATCH = 500;
const BATCH_BYTES = 8 * 2 ** 20;

/**
 * Gives committed envelopes their positions and carries them into the stream. Any number of copies may run; one leads. Positions
 * are given whether or not the bus is there, once the stream has been seen to be no further than the journal.
 */
export class Relay {
  status: RelayStatus = { state: 'waiting' };
  private readonly clock: Clock;
  private readonly report: (problem: RelayProblem) => void;
  private readonly keeper: StreamKeeper;
  private readonly leadership: Leadership;
  private readonly recorder = new Wake();
  private leading = false;
  private recordedUpTo = 0;

  constructor(private readonly options: RelayOptions) {
    const { service, store, streams, limits = STREAM_LIMITS, leadershipMs } = options;
    this.clock = options.clock ?? systemClock;
    this.report = options.report ?? (() => undefined);
    this.keeper = new StreamKeeper(service, store, streams, limits, (why) =>
      this.report({ kind: 'repaired', why }),
    );
    this.leadership = new Leadership({
      store: options.leadership,
      role: 'relay',
      holder: (options.random ?? systemRandom).id(),
      clock: this.clock,
      ...(leadershipMs === undefined ? {} : { ttlMs: leadershipMs }),
      report: (error) => this.report({ kind: 'failed', error }),
    });
  }

  /** Something was committed: to be called after each commit. */
  wake(): void {
    if (this.leading) this.recorder.wake();
    else this.options.bus.publish(wakeSubject(this.options.service), new Uint8Array());
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const subscription = this.options.bus.subscribe(wakeSubject(this.options.service), () =>
      this.recorder.wake(),
    );
    const unmeasured = this.measure();
    try {
      await this.leadership.lead(signal, (leader, term) => this.lead(leader, term));
    } finally {
      unmeasured();
      subscription.close();
    }
  }

  /** Only the copy that leads knows how far it is. */
  private measure(): () => void {
    const meter = metrics.getMeter('bulkhead');
    const position = meter.createObservableGauge('bulkhead_relay_position', {
      description: 'Up to which position the journal is in its stream.',
    });
    const lag = meter.createObservableGauge('bulkhead_relay_lag', {
      description: 'Envelopes with a position that are not in the stream yet.',
    });
    const observe = (result: BatchObservableResult): void => {
      if (this.status.state !== 'carrying') return;
      const { service } = this.options;
      result.observe(position, this.status.position, { service });
      result.observe(lag, Math.max(0, this.recordedUpTo - this.status.position), { service });
    };
    meter.addBatchObservableCallback(observe, [position, lag]);
    return () => meter.removeBatchObservableCallback(observe, [position, lag]);
  }

  private async lead(leader: Leader, signal: AbortSignal): Promise<void> {
    this.leading = true;
    this.status = { state: 'aligning' };
    try {
      const position = await this.firstAlign(signal);
      if (position === undefined) return;
      const over = new AbortController();
      const both = AbortSignal.any([signal, over.signal]);
      const carried = new Handover();
      await Promise.all(
        [this.record(leader, carried, both), this.carry(position, carried, both)].map((loop) =>
          loop.finally(() => over.abort()),
        ),
      );
    } catch (error) {
      if (!(error instanceof StreamAhead)) throw error;
      await this.halt(error, signal);
    } finally {
      this.leading = false;
      this.status = { state: 'waiting' };
    }
  }

  /** Nothing gets a position before the stream has been compared with the journal. */
  private async firstAlign(signal: AbortSignal): Promise<number | undefined> {
    while (!signal.aborted) {
      try {
        return await this.keeper.align();
      } catch (error) {
        if (error instanceof StreamAhead) throw error;
        this.report({ kind: 'failed', error });
        await this.clock.sleep(RETRY_MS, signal);
      }
    }
    return undefined;
  }

  private async record(leader: Leader, carried: Handover, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const recorded = await this.options.store.record(leader, BATCH);
        this.recordedUpTo = recorded.at(-1)?.record.position ?? this.recordedUpTo;
        if (recorded.length > 0) carried.put(recorded);
        if (recorded.length < BATCH) await this.recorder.wait(POLL_MS, this.clock, signal);
      } catch (error) {
        this.report({ kind: 'failed', error });
        await this.clock.sleep(RETRY_MS, signal);
      }
    }
  }

  private async carry(from: number, carried: Handover, signal: AbortSignal): Promise<void> {
    let position = from;
    let compareAt = this.clock.now().getTime() + COMPARE_MS;
    let aligned = true;
    while (!signal.aborted) {
      try {
        if (!aligned || this.clock.now().getTime() >= compareAt) {
          position = await this.keeper.align();
          compareAt = this.clock.now().getTime() + COMPARE_MS;
          aligned = true;
        }
        const next =
          carried.take(position + 1) ?? (await this.options.store.from(position + 1, BATCH, BATCH_BYTES));
        await this.keeper.append(next);
        position = next.at(-1)?.record.position ?? position;
        this.status = { state: 'carrying', position };
        if (next.length === 0) await carried.wait(1_000, this.clock, signal);
      } catch (error) {
        if (error instanceof StreamAhead) throw error;
        aligned = false;
        this.report({ kind: 'failed', error });
        await this.clock.sleep(RETRY_MS, signal);
      }
    }
  }

  /** Does nothing more, and keeps others from doing it, until a new epoch takes the leadership away or the stream fits again. */
  private async halt(error: StreamAhead, signal: AbortSignal): Promise<void> {
    this.status = { state: 'stopped', why: error.message };
    this.report({ kind: 'ahead', why: error.message });
    while (!signal.aborted) {
      await this.clock.sleep(RECHECK_MS, signal);
      const fits = await this.keeper.align().then(
        () => true,
        () => false,
      );
      if (fits) return;
    }
  }
}

/** Envelopes on their way from the recorder to the stream; what doesn't fit is read from the journal again. */
class Handover extends Wake {
  private batches: (readonly Recorded[])[] = [];

  put(batch: readonly Recorded[]): void {
    if (this.batches.length < 16) this.batches.push(batch);
    this.wake();
  }

  /** What is waiting from a position on, if that is what comes next; drops what came before. */
  take(position: number): readonly Recorded[] | undefined {
    const waiting = this.batches;
    this.batches = [];
    const next = waiting.flat().filter(({ record }) => record.position >= position);
    return next[0]?.record.position === position && contiguous(next) ? next : undefined;
  }
}

const contiguous = (envelopes: readonly Recorded[]): boolean =>
  envelopes.every(({ record }, index) => record.position === (envelopes[0]?.record.position ?? 0) + index);

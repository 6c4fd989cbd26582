import {
  NoAnswer,
  StreamMissing,
  WrongSequence,
  type Delivery,
  type Headers,
  type StreamMessage,
  type Streams,
  type StreamSettings,
  type StreamState,
  type WorkOptions,
} from '@bulkhead/journal';
import type { Scheduled } from '../kernel/kernel.js';
import type { SimProcess } from '../kernel/process.js';
import type { Broker } from './broker.js';

const API_TIMEOUT_MS = 2_000;
/** After this much silence a reader knows that its consumer is gone, in ms. */
const SILENCE_MS = 1_500;
/** After this long a reader knows that its consumer has sent what never came, in ms. */
const MISSED_MS = 3_000;
const BATCH = 500;

interface Kept {
  readonly settings: StreamSettings;
  first: number;
  last: number;
  readonly messages: Map<number, StreamMessage>;
  readonly durables: Map<string, Durable>;
}

/** Streams as a server keeps them; readers hear of new messages at once, and of a lost server by its silence. */
export class StreamServer {
  private readonly streams = new Map<string, Kept>();
  private readonly readers = new Set<Reader>();

  constructor(readonly broker: Broker) {
    broker.onLoss((process) => {
      for (const reader of this.readers) if (reader.process === process) reader.fallSilent();
    });
  }

  connect(process: SimProcess): Streams {
    const { broker } = this;
    const ask = <T>(answer: () => T) => broker.ask(process, API_TIMEOUT_MS, answer);
    return {
      state: ({ name }) => ask(() => this.state(name)),
      create: (settings) => ask(() => this.create(settings)),
      remove: (name) => ask(() => this.remove(name)),
      append: (stream, subject, data, headers, expected) =>
        ask(() => this.append(stream, subject, data, headers, expected)),
      get: (stream, sequence) => ask(() => this.existing(stream).messages.get(sequence) ?? null),
      read: (stream, from, signal) => this.read(process, stream, from, signal),
      work: (stream, options, signal) => this.work(process, stream, options, signal),
      settledUpTo: (stream, durable) =>
        ask(() => this.streams.get(stream)?.durables.get(durable)?.floor ?? null),
    };
  }

  /** Everything of a stream is gone, as after a damaged disk. */
  lose(name: string): void {
    this.remove(name);
  }

  /** The newest messages of a stream are gone, as those that were not yet on disk when the power went. */
  loseTail(name: string, count: number): void {
    const stream = this.streams.get(name);
    if (!stream) return;
    for (let left = count; left > 0 && stream.last >= stream.first; left--)
      stream.messages.delete(stream.last--);
    this.silence(name);
  }

  /** The oldest messages of a stream are gone. */
  truncate(name: string, count: number): void {
    const stream = this.streams.get(name);
    if (!stream) return;
    for (let left = count; left > 0 && stream.first <= stream.last; left--)
      stream.messages.delete(stream.first++);
    this.silence(name);
  }

  /** What a stream holds now, for a look from outside. */
  messagesOf(name: string): readonly StreamMessage[] {
    return [...(this.streams.get(name)?.messages.values() ?? [])];
  }

  private existing(name: string): Kept {
    const stream = this.streams.get(name);
    if (!stream) throw new StreamMissing(`there is no stream ${name}`);
    return stream;
  }

  private state(name: string): StreamState | null {
    const stream = this.streams.get(name);
    if (!stream) return null;
    const { first, last, messages } = stream;
    return { firstSequence: first, lastSequence: last, messages: messages.size, drift: [], bytes: 0 };
  }

  private create(settings: StreamSettings): void {
    const first = Math.max(1, settings.firstSequence);
    if (!this.streams.has(settings.name))
      this.streams.set(settings.name, {
        settings,
        first,
        last: first - 1,
        messages: new Map(),
        durables: new Map(),
      });
  }

  private remove(name: string): void {
    this.streams.delete(name);
    this.silence(name);
  }

  private append(name: string, subject: string, data: Uint8Array, headers: Headers, expected: number): void {
    const stream = this.existing(name);
    if (stream.last !== expected) throw new WrongSequence(`${name} is at ${stream.last}, not at ${expected}`);
    const sequence = ++stream.last;
    stream.messages.set(sequence, { subject, data, headers, sequence });
    for (const reader of this.readers) if (reader.stream === name) this.push(reader);
    for (const durable of stream.durables.values()) durable.offer();
  }

  private async *read(
    process: SimProcess,
    name: string,
    from: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly StreamMessage[]> {
    const reader = new Reader(this.broker, process, name);
    const stop = () => reader.end();
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) return;
      await this.broker.ask(process, API_TIMEOUT_MS, () => {
        reader.next = Math.max(from, this.existing(name).first);
        this.readers.add(reader);
        this.push(reader);
      });
      for (let batch = await reader.take(); batch; batch = await reader.take()) yield batch;
    } finally {
      signal.removeEventListener('abort', stop);
      this.readers.delete(reader);
    }
  }

  /** Sends what a reader has not been sent, as much as goes at once. A batch that is lost ends its consumer. */
  private push(reader: Reader): void {
    const stream = this.streams.get(reader.stream);
    if (!stream || !this.broker.reaches(reader.process)) return;
    const batch: StreamMessage[] = [];
    while (reader.next <= stream.last && batch.length < BATCH) {
      const message = stream.messages.get(reader.next++);
      if (message) batch.push(message);
    }
    if (batch.length === 0) return;
    if (this.broker.random.chance(this.broker.weather.loss)) reader.miss();
    else this.broker.deliver('streams', reader.process, () => reader.put(batch));
    if (reader.next <= stream.last) this.push(reader);
  }

  private silence(name: string): void {
    for (const reader of this.readers) if (reader.stream === name) reader.fallSilent();
  }

  private async *work(
    process: SimProcess,
    name: string,
    options: WorkOptions,
    signal: AbortSignal,
  ): AsyncIterable<Delivery> {
    const share = new Share(this.broker, process);
    const durable = await this.broker.ask(process, API_TIMEOUT_MS, () => {
      const { durables, messages, first } = this.existing(name);
      const known = durables.get(options.durable);
      const found =
        known ?? new Durable(this.broker, messages, Math.max(first, options.fromSequence), options);
      durables.set(options.durable, found);
      found.join(share);
      return found;
    });
    const stop = () => share.end();
    signal.addEventListener('abort', stop, { once: true });
    const unwatch = this.broker.onLoss((lost) => {
      if (lost === process) share.fallSilent();
    });
    try {
      if (signal.aborted) return;
      for (let next = await share.take(); next; next = await share.take()) yield next;
    } finally {
      unwatch();
      durable.leave(share);
      signal.removeEventListener('abort', stop);
    }
  }
}

/** What has arrived for somebody who takes it when they come to it. */
class Mailbox<T> {
  private readonly arrived: T[] = [];
  private failure: Error | undefined;
  private ended = false;
  private wake: () => void = () => undefined;
  private silence: Scheduled | undefined;

  constructor(
    protected readonly broker: Broker,
    readonly process: SimProcess,
  ) {}

  put(item: T): void {
    if (this.silence) return;
    this.arrived.push(item);
    this.wake();
  }

  end(): void {
    this.ended = true;
    this.wake();
  }

  /** Nothing comes any more; that is noticed after a while. */
  fallSilent(): void {
    this.silence ??= this.broker.kernel.after(SILENCE_MS, this.process, () => {
      this.failure = new NoAnswer('the consumer is silent');
      this.wake();
    });
  }

  async take(): Promise<T | undefined> {
    while (this.arrived.length === 0 && !this.ended && !this.failure)
      await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.ended) return undefined;
    if (this.failure) throw this.failure;
    return this.arrived.shift();
  }
}

export class Reader extends Mailbox<readonly StreamMessage[]> {
  next = 1;

  /** A batch was lost on the way: what comes next shows it, else the consumer's own count does. */
  miss(): void {
    this.broker.kernel.after(MISSED_MS, this.process, () => this.fallSilent());
  }

  constructor(
    broker: Broker,
    process: SimProcess,
    readonly stream: string,
  ) {
    super(broker, process);
  }
}

/** One process's share of a durable consumer. */
class Share extends Mailbox<Delivery> {}

/** A consumer whose messages are each settled by one of its shares, again and again until one does. */
class Durable {
  floor: number;
  private next: number;
  private readonly attempts = new Map<number, number>();
  private readonly open = new Set<number>();
  private readonly shares = new Set<Share>();

  constructor(
    private readonly broker: Broker,
    private readonly messages: ReadonlyMap<number, StreamMessage>,
    from: number,
    private readonly options: WorkOptions,
  ) {
    this.next = from;
    this.floor = from - 1;
  }

  join(share: Share): void {
    this.shares.add(share);
    this.offer();
  }

  leave(share: Share): void {
    this.shares.delete(share);
  }

  offer(): void {
    while (
      this.open.size < this.options.maxUnsettled &&
      this.messages.has(this.next) &&
      this.shares.size > 0
    ) {
      this.open.add(this.next);
      this.send(this.next++);
    }
  }

  private send(sequence: number): void {
    const message = this.messages.get(sequence);
    if (!message || !this.open.has(sequence)) return;
    const attempt = (this.attempts.get(sequence) ?? 0) + 1;
    this.attempts.set(sequence, attempt);
    const retry = this.broker.kernel.after(this.options.ackWaitMs, null, () => this.send(sequence));
    const reachable = [...this.shares].filter(({ process }) => this.broker.reaches(process));
    if (reachable.length === 0) return;
    const share = this.broker.random.pick(reachable);
    const settle = (work: () => void) => {
      if (this.broker.reaches(share.process)) this.broker.kernel.after(1, null, work);
    };
    const delivery: Delivery = {
      ...message,
      attempt,
      done: () => settle(() => this.settle(sequence, retry)),
      again: (delayMs) =>
        settle(() => {
          retry.cancel();
          this.broker.kernel.after(delayMs, null, () => this.send(sequence));
        }),
    };
    this.broker.carry('streams', share.process, () => share.put(delivery));
  }

  private settle(sequence: number, retry: Scheduled): void {
    retry.cancel();
    this.open.delete(sequence);
    this.floor = Math.min(this.next, ...this.open) - 1;
    this.offer();
  }
}

export type Headers = Readonly<Record<string, string>>;

export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: Headers;
}

export interface Subscription {
  close(): void;
}

/** Messages that nobody keeps: commands, wakes, announcements, feed pushes. */
export interface Bus {
  /** Fire and forget; lost where nobody listens or the bus is away. */
  publish(subject: string, data: Uint8Array, headers?: Headers): void;
  /** @throws NoResponders | NoAnswer */
  request(
    subject: string,
    data: Uint8Array,
    options: { readonly timeoutMs: number; readonly headers?: Headers },
  ): Promise<BusMessage>;
  /** With a queue each message goes to one of the subscribers of that queue. */
  subscribe(
    subject: string,
    onMessage: (message: BusMessage, respond: (data: Uint8Array) => void) => void,
    queue?: string,
  ): Subscription;
}

/** Nobody listens on the subject: the request did not arrive anywhere. */
export class NoResponders extends Error {
  override readonly name = 'NoResponders';
}

/** No answer in time or the bus was lost: the request may have been carried out. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

export interface StreamSettings {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly firstSequence: number;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly replicas: number;
}

export interface StreamState {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly messages: number;
  /** What differs from the settings asked for, by name. */
  readonly drift: readonly string[];
  readonly bytes: number;
}

export interface StreamMessage extends BusMessage {
  readonly sequence: number;
}

/** Messages that a stream keeps for a while. A stream is transport: it may be lost, cut or deleted at any time. */
export interface Streams {
  /** Null where there is no such stream. */
  state(settings: StreamSettings): Promise<StreamState | null>;
  create(settings: StreamSettings): Promise<void>;
  remove(name: string): Promise<void>;
  /** @throws WrongSequence | StreamMissing | NoAnswer */
  append(
    stream: string,
    subject: string,
    data: Uint8Array,
    headers: Headers,
    expectedLastSequence: number,
  ): Promise<void>;
  get(stream: string, sequence: number): Promise<StreamMessage | null>;
  /**
   * Messages in order from a sequence on, in the batches they come in. Ends when the signal aborts; throws StreamMissing or NoAnswer when
   * the consumer is gone or falls silent, for the reader to begin again from where it is.
   */
  read(stream: string, fromSequence: number, signal: AbortSignal): AsyncIterable<readonly StreamMessage[]>;
  /** A share of a durable consumer's messages, each to be settled. Ends and throws like `read`. */
  work(stream: string, options: WorkOptions, signal: AbortSignal): AsyncIterable<Delivery>;
  /** Up to which sequence a durable has settled everything, or null where there is no such durable. */
  settledUpTo(stream: string, durable: string): Promise<number | null>;
}

export interface WorkOptions {
  readonly durable: string;
  /** Where the durable begins if it doesn't exist yet. */
  readonly fromSequence: number;
  readonly maxUnsettled: number;
  readonly ackWaitMs: number;
}

export interface Delivery extends StreamMessage {
  readonly attempt: number;
  done(): void;
  again(delayMs: number): void;
}

export class WrongSequence extends Error {
  override readonly name = 'WrongSequence';
}
export class StreamMissing extends Error {
  override readonly name = 'StreamMissing';
}

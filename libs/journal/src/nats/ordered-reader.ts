import { type Msg, type NatsConnection } from 'nats';
import { NoAnswer, StreamMissing, type StreamMessage } from '../ports/bus.js';
import { fromNatsHeaders } from './bus.js';

/** Where a pushed message stands (ADR-15): `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`. */
function placeOf(reply: string | undefined): { sequence: number; consumerSequence: number } {
  const tokens = reply?.split('.') ?? [];
  // The longer form, with domain and account hash before the stream, has 11 tokens or more.
  const shift = tokens.length >= 11 ? 2 : 0;
  return { sequence: Number(tokens[5 + shift]), consumerSequence: Number(tokens[6 + shift]) };
}

const MAX_BATCH = 500;

/**
 * Reads an ephemeral push consumer without acknowledgements in order. Any gap in what it delivers, or silence for longer than
 * `silenceMs`, ends it, for the reader to begin again: a consumer that went with its server or stream is never waited for.
 */
export async function* readOrdered(
  connection: NatsConnection,
  inbox: string,
  create: () => Promise<unknown>,
  silenceMs: number,
  signal: AbortSignal,
): AsyncIterable<readonly StreamMessage[]> {
  const mailbox = new Mailbox(silenceMs);
  const subscription = connection.subscribe(inbox, {
    callback: (error, message) => (error ? mailbox.fail(new NoAnswer(error.message)) : mailbox.put(message)),
  });
  const stop = () => mailbox.end();
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) return;
    await create();
    yield* inOrder(mailbox);
  } finally {
    signal.removeEventListener('abort', stop);
    mailbox.end();
    subscription.unsubscribe();
  }
}

async function* inOrder(mailbox: Mailbox): AsyncIterable<readonly StreamMessage[]> {
  let next = 1;
  for (;;) {
    const arrived = await mailbox.take(MAX_BATCH);
    if (!arrived) return;
    const batch: StreamMessage[] = [];
    for (const message of arrived) {
      if (isControl(message)) {
        answerFlowControl(message);
        continue;
      }
      const { sequence, consumerSequence } = placeOf(message.reply);
      if (consumerSequence !== next)
        throw new StreamMissing(`the consumer delivered ${consumerSequence}, not ${next}`);
      next++;
      batch.push({
        subject: message.subject,
        data: message.data,
        headers: fromNatsHeaders(message.headers),
        sequence,
      });
    }
    if (batch.length > 0) yield batch;
  }
}

const isControl = (message: Msg): boolean => message.data.length === 0 && message.headers?.code === 100;

/** The server stops sending until it is told that what came before was read. */
function answerFlowControl(message: Msg): void {
  if (message.reply) message.respond();
  const stalled = message.headers?.get('Nats-Consumer-Stalled');
  if (stalled) message.respond(undefined, { reply: stalled });
}

/** Messages on their way from the callback to the reader. */
class Mailbox {
  private messages: Msg[] = [];
  private failure: Error | undefined;
  private ended = false;
  private wake: (() => void) | undefined;

  constructor(private readonly silenceMs: number) {}

  put(message: Msg): void {
    this.messages.push(message);
    this.wake?.();
  }

  fail(error: Error): void {
    this.failure ??= error;
    this.wake?.();
  }

  end(): void {
    this.ended = true;
    this.wake?.();
  }

  /** What has come, waiting for something; undefined at the end. @throws NoAnswer after silence. */
  async take(most: number): Promise<Msg[] | undefined> {
    if (this.messages.length === 0 && !this.ended && !this.failure) await this.somethingOrSilence();
    if (this.ended) return undefined;
    if (this.failure) throw this.failure;
    if (this.messages.length <= most) return this.messages.splice(0);
    return this.messages.splice(0, most);
  }

  private async somethingOrSilence(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wake = resolve;
    const timer = setTimeout(
      () => this.fail(new NoAnswer(`nothing from the consumer for ${this.silenceMs} ms`)),
      this.silenceMs,
    );
    await promise;
    clearTimeout(timer);
    this.wake = undefined;
  }
}

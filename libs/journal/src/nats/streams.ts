import {
  AckPolicy,
  ConsumerEvents,
  createInbox,
  DeliverPolicy,
  DiscardPolicy,
  nanos,
  NatsError,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type NatsConnection,
  type StreamInfo,
} from 'nats';
import { inboxPrefix } from '@bulkhead/contracts';
import { z } from 'zod';
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
} from '../ports/bus.js';
import { fromNatsHeaders, toNatsHeaders } from './bus.js';
import { readOrdered } from './ordered-reader.js';

const API_TIMEOUT_MS = 2_000;
/** nats-server's own numbers for what went wrong (server/errors.json). */
const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;
const NO_MESSAGE_FOUND = 10037;
const WRONG_LAST_SEQUENCE = 10071;

const publishAnswer = z.union([
  z.object({ stream: z.string(), seq: z.int() }),
  z.object({
    error: z.object({ code: z.int(), err_code: z.int().optional(), description: z.string().optional() }),
  }),
]);

/** Streams over JetStream, as an identity that may hear what comes below its own inbox. */
export async function natsStreams(connection: NatsConnection, caller: string): Promise<Streams> {
  const manager = await connection.jetstreamManager({ checkAPI: false, timeout: API_TIMEOUT_MS });
  return new NatsStreams(connection, caller, connection.jetstream({ timeout: API_TIMEOUT_MS }), manager);
}

class NatsStreams implements Streams {
  constructor(
    private readonly connection: NatsConnection,
    private readonly caller: string,
    private readonly client: JetStreamClient,
    private readonly manager: JetStreamManager,
  ) {}

  async state(settings: StreamSettings): Promise<StreamState | null> {
    const info = await missingAsNull(this.manager.streams.info(settings.name), STREAM_NOT_FOUND);
    if (!info) return null;
    const { first_seq, last_seq, messages, bytes } = info.state;
    return {
      firstSequence: first_seq,
      lastSequence: last_seq,
      messages,
      bytes,
      drift: drift(info, settings),
    };
  }

  async create(settings: StreamSettings): Promise<void> {
    await translated(
      this.manager.streams.add({ ...configuration(settings), first_seq: settings.firstSequence }),
    );
  }

  async remove(name: string): Promise<void> {
    await missingAsNull(this.manager.streams.delete(name), STREAM_NOT_FOUND);
  }

  async append(
    stream: string,
    subject: string,
    data: Uint8Array,
    headers: Headers,
    expected: number,
  ): Promise<void> {
    const sent = toNatsHeaders({
      ...headers,
      'Nats-Expected-Stream': stream,
      'Nats-Expected-Last-Sequence': String(expected),
    });
    const answer = await translated(
      this.connection.request(subject, data, { timeout: API_TIMEOUT_MS, headers: sent }),
    );
    const ack = publishAnswer.parse(answer.json());
    if (!('error' in ack)) {
      if (ack.seq !== expected + 1)
        throw new WrongSequence(`${stream} put the message after ${expected} at ${ack.seq}`);
      return;
    }
    if (ack.error.err_code === WRONG_LAST_SEQUENCE)
      throw new WrongSequence(`${stream} is not at ${expected}: ${ack.error.description ?? ''}`);
    throw new NoAnswer(
      `${stream} did not take the message after ${expected}: ${ack.error.description ?? ''}`,
    );
  }

  async get(stream: string, sequence: number): Promise<StreamMessage | null> {
    const found = await missingAsNull(
      this.manager.streams.getMessage(stream, { seq: sequence }),
      NO_MESSAGE_FOUND,
    );
    return (
      found && {
        subject: found.subject,
        data: found.data,
        headers: fromNatsHeaders(found.header),
        sequence: found.seq,
      }
    );
  }

  read(stream: string, fromSequence: number, signal: AbortSignal): AsyncIterable<readonly StreamMessage[]> {
    const inbox = createInbox(inboxPrefix(this.caller));
    const create = () =>
      translated(
        this.manager.consumers.add(stream, {
          deliver_subject: inbox,
          deliver_policy: DeliverPolicy.StartSequence,
          opt_start_seq: Math.max(1, fromSequence),
          ack_policy: AckPolicy.None,
          replay_policy: ReplayPolicy.Instant,
          flow_control: true,
          idle_heartbeat: nanos(HEARTBEAT_MS),
          inactive_threshold: nanos(10 * HEARTBEAT_MS),
          mem_storage: true,
          num_replicas: 1,
        }),
      );
    return readOrdered(this.connection, inbox, create, 3 * HEARTBEAT_MS, signal);
  }

  async *work(stream: string, options: WorkOptions, signal: AbortSignal): AsyncIterable<Delivery> {
    await this.ensureDurable(stream, options);
    const consumer = await translated(this.client.consumers.get(stream, options.durable));
    const messages = await translated(
      consumer.consume({ max_messages: options.maxUnsettled, expires: 10_000, idle_heartbeat: HEARTBEAT_MS }),
    );
    const stop = () => void messages.close();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const trouble = watch(messages);
    try {
      for await (const message of messages) yield delivery(message);
      if (!signal.aborted) throw (await trouble) ?? new NoAnswer(`the share of ${stream} ended`);
    } finally {
      signal.removeEventListener('abort', stop);
      // Not awaited: it resolves only for a reader that goes on reading.
      void messages.close();
    }
  }

  async settledUpTo(stream: string, durable: string): Promise<number | null> {
    const info = await missingAsNull(
      this.manager.consumers.info(stream, durable),
      CONSUMER_NOT_FOUND,
      STREAM_NOT_FOUND,
    );
    return info?.ack_floor.stream_seq ?? null;
  }

  private async ensureDurable(
    stream: string,
    { durable, fromSequence, maxUnsettled, ackWaitMs }: WorkOptions,
  ) {
    if (await missingAsNull(this.manager.consumers.info(stream, durable), CONSUMER_NOT_FOUND)) return;
    await translated(
      this.manager.consumers.add(stream, {
        durable_name: durable,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: Math.max(1, fromSequence),
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ackWaitMs),
        max_ack_pending: maxUnsettled,
        max_deliver: -1,
      }),
    );
  }
}

/** How often a consumer says that it is there when it has nothing to say, in ms. */
const HEARTBEAT_MS = 500;

const configuration = ({ name, subjects, maxAgeMs, maxBytes, replicas }: StreamSettings) => ({
  name,
  subjects: [...subjects],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  max_age: nanos(maxAgeMs),
  max_bytes: maxBytes,
  num_replicas: replicas,
  deny_delete: true,
  deny_purge: true,
  allow_direct: true,
  allow_rollup_hdrs: false,
});

function drift(info: StreamInfo, settings: StreamSettings): string[] {
  const actual: Readonly<Record<string, unknown>> = { ...info.config };
  return Object.entries(configuration(settings))
    .filter(([name, wanted]) => JSON.stringify(actual[name] ?? false) !== JSON.stringify(wanted))
    .map(([name]) => name);
}

/** Says why a durable's messages stop: it is gone, or silent. */
async function watch(messages: ConsumerMessages): Promise<Error | undefined> {
  for await (const { type } of await messages.status()) {
    if (
      type === ConsumerEvents.StreamNotFound ||
      type === ConsumerEvents.ConsumerNotFound ||
      type === ConsumerEvents.ConsumerDeleted
    ) {
      void messages.close();
      return new StreamMissing('the consumer is gone');
    }
    if (type === ConsumerEvents.HeartbeatsMissed) {
      void messages.close();
      return new NoAnswer('the consumer is silent');
    }
  }
  return undefined;
}

const delivery = (message: JsMsg): Delivery => ({
  subject: message.subject,
  data: message.data,
  headers: fromNatsHeaders(message.headers),
  sequence: message.seq,
  attempt: message.info.deliveryCount,
  done: () => message.ack(),
  again: (delayMs) => message.nak(delayMs),
});

function translate(error: unknown): unknown {
  if (!(error instanceof NatsError)) return error;
  const code = error.api_error?.err_code;
  if (code === STREAM_NOT_FOUND || code === CONSUMER_NOT_FOUND || error.code === '503')
    return new StreamMissing(error.message, { cause: error });
  return new NoAnswer(error.message, { cause: error });
}

async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw translate(error);
  }
}

async function missingAsNull<T>(answer: Promise<T>, ...codes: readonly number[]): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NatsError && codes.includes(error.api_error?.err_code ?? 0)) return null;
    throw translate(error);
  }
}

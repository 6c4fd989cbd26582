import { LOG_STREAM, logBatch, parseJson, RetryableError } from '@bulkhead/contracts';
import type { JetStreamClient, JetStreamManager } from 'nats';
import type { LogReader, LogsAsked, LogsFound } from './log-reader.js';
import { BATCHES_PER_SUBJECT } from './log-stream.js';

/** What one answer holds at most. */
const MAX_LINES = 500;
/** How many batches one look takes from the stream at most. */
const MAX_BATCHES = BATCHES_PER_SUBJECT;
/** How long to wait for what the stream has already, in ms. */
const PATIENCE_MS = 2_000;

/** Reads an app's lines of all hosts from the stream, by a consumer that lives as long as the look. */
export const jetStreamLogReader = (stream: JetStreamClient, manager: JetStreamManager): LogReader => ({
  async read(asked) {
    try {
      return await readLines(stream, manager, asked);
    } catch (cause) {
      throw new RetryableError(
        'logs_unavailable',
        "the machines' output can't be read for a moment; try again",
        1_000,
        { cause },
      );
    }
  },
});

async function readLines(
  stream: JetStreamClient,
  manager: JetStreamManager,
  { organization, app, from }: LogsAsked,
): Promise<LogsFound> {
  const subject = `bh.log.*.${organization}.${app}`;
  const { state } = await manager.streams.info(LOG_STREAM, { subjects_filter: subject });
  const held = Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
  const end = state.last_seq + 1;
  if (held === 0 || (from !== undefined && from >= end)) return { lines: [], next: Math.max(from ?? 0, end) };
  const consumer = await stream.consumers.get(LOG_STREAM, {
    filterSubjects: subject,
    ...(from === undefined ? {} : { opt_start_seq: from }),
  });
  const found: LogsFound['lines'][number][] = [];
  let next = end;
  const messages = await consumer.fetch({ max_messages: MAX_BATCHES, expires: PATIENCE_MS });
  for await (const message of messages) {
    const host = hostOf(message.subject);
    const batch = logBatch.safeParse(parseJson(message.data));
    if (batch.success) found.push(...batch.data.lines.map((line) => ({ sequence: message.seq, host, line })));
    next = message.seq + 1;
    if (message.info.pending === 0) {
      next = Math.max(next, end);
      break;
    }
    if (from !== undefined && found.length >= MAX_LINES) break;
  }
  return from === undefined ? { lines: found.slice(-MAX_LINES), next } : { lines: found, next };
}

/** `bh.log.<host>.<org>.<app>`: the bus lets a host write below its own name alone. */
const hostOf = (subject: string): string => subject.split('.')[2] ?? '';

import { LOG_STREAM } from '@bulkhead/contracts';
import { DiscardPolicy, NatsError, RetentionPolicy, StorageType, type JetStreamManager } from 'nats';

/** What is kept of each app on each host: batches of at most 128 KiB, and for how long. Per subject, so that nobody evicts a neighbour's. */
export const BATCHES_PER_SUBJECT = 512;
const KEPT_MS = 7 * 24 * 3600 * 1000;
const MAX_MESSAGE_BYTES = 512 * 1024;
const nanoseconds = (ms: number) => ms * 1_000_000;

const SETTINGS = {
  subjects: ['bh.log.>'],
  max_msgs_per_subject: BATCHES_PER_SUBJECT,
  max_age: nanoseconds(KEPT_MS),
  max_msg_size: MAX_MESSAGE_BYTES,
};

/** Makes the stream of machines' output, or brings its limits up to date. */
export async function ensureLogStream(manager: JetStreamManager, replicas = 1): Promise<void> {
  if (await exists(manager)) {
    await manager.streams.update(LOG_STREAM, SETTINGS);
    return;
  }
  await manager.streams.add({
    name: LOG_STREAM,
    ...SETTINGS,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    storage: StorageType.File,
    num_replicas: replicas,
  });
}

/** Makes the stream anew wherever it was lost or can't be read any more: its lines are gone, those to come are kept. */
export function keepLogStream(
  manager: JetStreamManager,
  report: (error: unknown) => void,
  everyMs = 10_000,
): { close(): void } {
  const look = async () => (await exists(manager)) || (await ensureLogStream(manager));
  const timer = setInterval(() => void look().catch(report), everyMs);
  return { close: () => clearInterval(timer) };
}

async function exists(manager: JetStreamManager): Promise<boolean> {
  try {
    await manager.streams.info(LOG_STREAM);
    return true;
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === STREAM_NOT_FOUND) return false;
    throw error;
  }
}

const STREAM_NOT_FOUND = 10059;

import { streamName, type Cursor, type Service } from '@bulkhead/contracts';
import type { StreamMessage, Streams } from '../ports/bus.js';
import type { Clock } from '../ports/clock.js';
import { aggregateOfSubject, recordOf, type Recorded } from '../relay/recorded.js';
import { checkEpochs, EpochLost, follow, Gap } from './continuity.js';
import type { Pages } from './pages.js';

export interface JournalSource {
  readonly journal: Service;
  readonly streams: Streams;
  readonly pages: Pages;
  readonly clock: Clock;
  /** Told what interrupted the reading; it goes on by itself. */
  readonly report: (error: unknown) => void;
}

const RETRY_MS = 200;
const PAGE = 500;

/**
 * A journal's envelopes in order and without holes, from the one after `from` on: from the stream as long as it has what comes
 * next, else from pages of the owner. Goes on through lost, cut and deleted streams until the signal aborts.
 * @throws EpochLost
 */
export async function* readJournal(
  source: JournalSource,
  from: Cursor,
  signal: AbortSignal,
): AsyncIterable<readonly Recorded[]> {
  let at = from;
  while (!signal.aborted) {
    try {
      for await (const batch of attempt(source, at, signal)) {
        at = endOf(at, batch);
        yield batch;
      }
    } catch (error) {
      if (error instanceof EpochLost) throw error;
      source.report(error);
    }
    await source.clock.sleep(RETRY_MS, signal);
  }
}

/** Reads on until something is amiss with the stream. */
async function* attempt(
  source: JournalSource,
  from: Cursor,
  signal: AbortSignal,
): AsyncIterable<readonly Recorded[]> {
  const { streams, pages, journal } = source;
  let at = from;
  checkEpochs(
    at,
    await pages.ask({ after: at.position, limit: 1 }).then(({ epochs }) => epochs, unanswered(source)),
  );
  if (!(await hasNext(source, at))) {
    for await (const batch of fromPages(pages, at, signal)) {
      at = endOf(at, batch);
      yield batch;
    }
  }
  for await (const messages of streams.read(streamName(journal), at.position + 1, signal)) {
    const fresh = messages.map(toRecorded).filter(({ record }) => record.position > at.position);
    const after = at.position;
    const batch = fresh.filter(({ record }, index) => record.position === after + 1 + index);
    at = endOf(at, batch);
    if (batch.length > 0) yield batch;
    const beyond = fresh[batch.length];
    if (beyond) throw new Gap(`the stream goes on at ${beyond.record.position} after ${at.position}`);
  }
}

/** Without its owner a journal is read on from the stream alone. */
const unanswered =
  ({ report }: JournalSource) =>
  (error: unknown) => {
    report(error);
    return [];
  };

/** Whether the stream has the position after the cursor, or will have it next. */
async function hasNext({ streams, journal, pages }: JournalSource, at: Cursor): Promise<boolean> {
  const next = await streams.get(streamName(journal), at.position + 1).catch(() => null);
  if (next) return recordOf(next.headers)?.record.position === at.position + 1;
  const { envelopes } = await pages.ask({ after: at.position, limit: 1 });
  return envelopes.length === 0;
}

async function* fromPages(
  pages: Pages,
  from: Cursor,
  signal: AbortSignal,
): AsyncIterable<readonly Recorded[]> {
  let at = from;
  while (!signal.aborted) {
    const page = await pages.ask({ after: at.position, limit: PAGE });
    checkEpochs(at, page.epochs);
    if (page.envelopes.length === 0) return;
    at = endOf(at, page.envelopes);
    yield page.envelopes;
  }
}

const endOf = (at: Cursor, batch: readonly Recorded[]): Cursor => batch.reduce(follow, at);

/** @throws Gap for a message that carries no record: pages have what belongs there. */
function toRecorded({ headers, data, sequence, subject }: StreamMessage): Recorded {
  const carried = recordOf(headers);
  if (!carried) throw new Gap(`the message at ${sequence} carries no record`);
  return { ...carried, aggregate: aggregateOfSubject(subject), body: data };
}

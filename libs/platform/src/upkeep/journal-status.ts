import { eventSubjects, streamName } from '@bulkhead/contracts';
import type { JournalStatus } from '@bulkhead/contracts/commands/upkeep';
import { PostgresReaderStore, STREAM_LIMITS } from '@bulkhead/journal';
import type { RunningProjection, Upkept } from './upkept.js';

/** How journal, stream, relay and readers of a service stand to one another. The stream is read first: it can't be ahead then. */
export async function journalStatus(upkept: Upkept): Promise<JournalStatus> {
  const { service, store, relay } = upkept;
  const stream = await streamState(upkept);
  const [head, epochs, readers] = await Promise.all([store.head(), store.epochs(), readersOf(upkept)]);
  return {
    service,
    head,
    epochs: [...epochs],
    stream,
    relay: { state: relay.status.state, why: relay.status.state === 'stopped' ? relay.status.why : null },
    surplus: Math.max(0, (stream?.lastSequence ?? 0) - head.position),
    readers,
  };
}

async function streamState({ service, streams, limits = STREAM_LIMITS }: Upkept) {
  const settings = { name: streamName(service), subjects: [eventSubjects(service)], firstSequence: 1 };
  const state = await streams.state({ ...settings, ...limits });
  return state && { ...state, drift: [...state.drift] };
}

function readersOf({ database, schema, projections }: Upkept): Promise<JournalStatus['readers']> {
  const store = new PostgresReaderStore(database, schema);
  return Promise.all(projections.map((projection) => readerOf(store, projection)));
}

async function readerOf(store: PostgresReaderStore, { definition, projector }: RunningProjection) {
  const { name, journal } = definition;
  const { cursor } = await store.open(name, journal);
  const { status } = projector;
  return { name, journal, cursor, state: status.state, why: status.state === 'stopped' ? status.why : null };
}

import { eventSubjects, streamName, type JournalEpochStarted, type Service } from '@bulkhead/contracts';
import type { Streams } from '../ports/bus.js';
import { aggregateOfSubject, recordOf, type Recorded } from './recorded.js';
import type { RelayStore } from './relay-store.js';
import { STREAM_LIMITS, type StreamLimits } from './stream-keeper.js';

/** What `bulkhead journal reconcile` does to a journal that lost commits its stream still has. */
export interface ReconcileStore {
  /** Begins a new epoch after the last position that the journal has. */
  startEpoch(reason: JournalEpochStarted['reason']): Promise<string>;
  /**
   * Takes envelopes in at the positions they have, with the bytes they have.
   * @throws Error where one doesn't directly follow the journal or contradicts it.
   */
  adopt(surplus: readonly Recorded[]): Promise<void>;
}

interface ReconcileOptions {
  readonly service: Service;
  readonly store: RelayStore;
  readonly streams: Streams;
  readonly limits?: StreamLimits;
}

/** The envelopes that the stream holds beyond the journal, in order. */
export async function surplusOf({
  service,
  store,
  streams,
  limits = STREAM_LIMITS,
}: ReconcileOptions): Promise<Recorded[]> {
  const name = streamName(service);
  const state = await streams.state({
    name,
    subjects: [eventSubjects(service)],
    firstSequence: 1,
    ...limits,
  });
  const head = await store.head();
  const surplus: Recorded[] = [];
  for (let sequence = head.position + 1; sequence <= (state?.lastSequence ?? 0); sequence++) {
    const message = await streams.get(name, sequence);
    const carried = message && recordOf(message.headers);
    if (!message || !carried) throw new Error(`${name} has no readable message at ${sequence}`);
    surplus.push({ ...carried, aggregate: aggregateOfSubject(message.subject), body: message.data });
  }
  return surplus;
}

/** Takes in what the stream has beyond the journal; the relay then goes on by itself. @returns how many envelopes. */
export async function adoptSurplus(repairs: ReconcileStore, options: ReconcileOptions): Promise<number> {
  const surplus = await surplusOf(options);
  await repairs.adopt(surplus);
  return surplus.length;
}

/** Gives up what the stream has beyond the journal: readers beyond the last position kept rebuild. */
export const giveUpSurplus = (repairs: ReconcileStore): Promise<string> => repairs.startEpoch('reconciled');

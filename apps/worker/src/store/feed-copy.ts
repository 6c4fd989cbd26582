import { hostMachineRow, type FeedChange, type HostMachineRow } from '@bulkhead/contracts';
import type { MachineId } from '@bulkhead/domain';
import type { FeedCopy, FeedPlace } from '@bulkhead/journal';
import type { WorkerStore } from './worker-store.js';

/** The host's copy of its feed, on disk before anybody acts on it: as it was sent, for a later release to read what this one passes over. */
export class HostFeedCopy implements FeedCopy {
  constructor(
    private readonly store: WorkerStore,
    /** Wishes that are new, null for machines that are not this host's any more. */
    private readonly wanted: (machine: MachineId, row: HostMachineRow | null) => void,
  ) {}

  place(): Promise<FeedPlace | null> {
    return Promise.resolve(this.store.feedCursor());
  }

  apply(changes: readonly FeedChange[], { feed, number }: FeedPlace): Promise<void> {
    const rows = changes.map(read);
    this.store.keepFeed(feed, number, changes, false);
    for (const { key, row } of rows) this.wanted(key as MachineId, row);
    return Promise.resolve();
  }

  replace(changes: readonly FeedChange[], { feed, number }: FeedPlace): Promise<void> {
    const before = this.store.desired();
    const rows = changes.map(read);
    this.store.keepFeed(feed, number, changes, true);
    for (const { key, row } of rows) {
      this.wanted(key as MachineId, row);
      before.delete(key as MachineId);
    }
    for (const machine of before.keys()) this.wanted(machine, null);
    return Promise.resolve();
  }
}

const read = ({ key, row }: FeedChange) => ({ key, row: row === null ? null : hostMachineRow.parse(row) });

import { edgeRow, type FeedChange } from '@bulkhead/contracts';
import type { FeedCopy, FeedPlace } from '@bulkhead/journal';
import type { WorkerStore } from '../store/worker-store.js';

/** Edges that the vault enrolled and has not removed, as far as this host has heard: kept on its disk, and none before it heard of any. */
export class AdmittedEdges implements FeedCopy {
  readonly #edges: Set<string>;

  constructor(
    private readonly store: Pick<WorkerStore, 'edges' | 'edgeCursor' | 'keepEdges'>,
    /** An edge that is admitted no longer. */
    private readonly dismissed: (edge: string) => void,
  ) {
    this.#edges = new Set(store.edges());
  }

  has(edge: string): boolean {
    return this.#edges.has(edge);
  }

  place(): Promise<FeedPlace | null> {
    return Promise.resolve(this.store.edgeCursor());
  }

  apply(changes: readonly FeedChange[], place: FeedPlace): Promise<void> {
    return this.#keep(changes, place, false);
  }

  replace(changes: readonly FeedChange[], place: FeedPlace): Promise<void> {
    return this.#keep(changes, place, true);
  }

  #keep(changes: readonly FeedChange[], { feed, number }: FeedPlace, full: boolean): Promise<void> {
    const rows = changes.map(({ key, row }) => ({
      edge: key,
      admitted: row !== null && edgeRow.parse(row).edge === key,
    }));
    const before = [...this.#edges];
    this.store.keepEdges(feed, number, rows, full);
    if (full) this.#edges.clear();
    for (const { edge, admitted } of rows) {
      if (admitted) this.#edges.add(edge);
      else this.#edges.delete(edge);
    }
    for (const edge of before) if (!this.#edges.has(edge)) this.dismissed(edge);
    return Promise.resolve();
  }
}

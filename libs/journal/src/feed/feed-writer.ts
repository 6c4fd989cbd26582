export interface FeedPut {
  readonly feed: string;
  readonly key: string;
  /** Null where the key is gone. */
  readonly row: Readonly<Record<string, unknown>> | null;
}

/** Where a projection puts rows of feeds; they are numbered and kept in its transaction. */
export interface FeedWriter {
  put(feed: string, key: string, row: Readonly<Record<string, unknown>> | null): void;
}

/** Collects a batch's rows; of several for one key the last counts. */
export class FeedBatch implements FeedWriter {
  private readonly byKey = new Map<string, FeedPut>();

  put(feed: string, key: string, row: Readonly<Record<string, unknown>> | null): void {
    const id = `${feed}\n${key}`;
    this.byKey.delete(id);
    this.byKey.set(id, { feed, key, row });
  }

  get puts(): readonly FeedPut[] {
    return [...this.byKey.values()];
  }
}

import type { FeedPage, FeedRequest } from '@bulkhead/contracts';

/** The feeds of one service as its projections keep them. */
export interface FeedStore {
  /** The heads of all feeds that may be followed now. */
  heads(): Promise<readonly { readonly name: string; readonly head: number }[]>;
  /**
   * @param reader the projection that keeps the feed.
   * @returns null while that projection is being built: what it holds then is not what is.
   */
  page(reader: string, request: FeedRequest): Promise<FeedPage | null>;
  /** Forgets keys that were gone before a time; who follows from before then gets everything. */
  prune(goneBefore: Date): Promise<void>;
}

import type { FeedStore } from '../feed/feed-store.js';
import type { LeadershipStore } from '../leadership/leadership.js';
import type { ReaderStore } from '../read/reader-store.js';
import type { RelayStore } from '../relay/relay-store.js';
import type { JournalStore } from './store.js';

/** Where a service keeps its journal, what it has read of others, and its feeds: all in one database. */
export interface JournalStores {
  readonly journal: JournalStore;
  readonly relay: RelayStore;
  readonly leadership: LeadershipStore;
  readonly readers: ReaderStore;
  readonly feeds: FeedStore;
}

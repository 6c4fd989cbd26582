import type { Database } from '../ports/sql.js';
import type { JournalStores } from '../store/journal-stores.js';
import { PostgresFeedStore } from './feed-store.js';
import { PostgresJournalStore } from './journal-store.js';
import { PostgresLeadershipStore } from './leadership-store.js';
import { PostgresReaderStore } from './reader-store.js';
import { PostgresRelayStore } from './relay-store.js';

/** The stores of the service whose schema this is. */
export const postgresStores = (database: Database, schema: string): JournalStores => ({
  journal: new PostgresJournalStore(database, schema),
  relay: new PostgresRelayStore(database, schema),
  leadership: new PostgresLeadershipStore(database, schema),
  readers: new PostgresReaderStore(database, schema),
  feeds: new PostgresFeedStore(database, schema),
});

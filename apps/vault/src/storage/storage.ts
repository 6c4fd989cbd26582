import { migrateJournal, postgresDatabase, type Database } from '@bulkhead/journal';
import { dataSource, migrate, openPool, type Logger } from '@bulkhead/platform';
import { SCHEMA } from '../vault.js';
import { VaultTables1763700000000 } from './migrations.js';

export interface Storage {
  readonly database: Database;
  close(): Promise<void>;
}

/** The vault's schema, brought up to date, and connections to it. */
export async function openStorage(url: string, logger: Logger): Promise<Storage> {
  const place = { url, schema: SCHEMA, applicationName: 'vault' };
  const source = await dataSource(place, { migrations: [VaultTables1763700000000] }).initialize();
  try {
    await migrate(source);
  } finally {
    await source.destroy();
  }
  const pool = openPool(place, logger);
  const database = postgresDatabase(pool);
  try {
    await migrateJournal(database, { service: 'vault', schema: SCHEMA });
  } catch (error) {
    await pool.end();
    throw error;
  }
  return { database, close: () => pool.end() };
}

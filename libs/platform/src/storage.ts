import { migrateJournal, postgresDatabase, type Database } from '@bulkhead/journal';
import type { Service } from '@bulkhead/contracts';
import type { MixedList } from 'typeorm';
import { dataSource, migrate, openPool } from './database.js';
import type { Logger } from './logging.js';

export interface Storage {
  readonly database: Database;
  close(): Promise<void>;
}

/**
 * A service's schema, brought up to date with its journal's tables, and connections to it. Every copy may call it at every start.
 * @param migrations the service's own, in order
 */
export async function openStorage(
  service: Service,
  url: string,
  migrations: MixedList<string | (new () => object)>,
  logger: Logger,
): Promise<Storage> {
  const place = { url, schema: service, applicationName: service };
  const source = await dataSource(place, { migrations }).initialize();
  try {
    await migrate(source);
  } finally {
    await source.destroy();
  }
  const pool = openPool(place, logger);
  try {
    const database = postgresDatabase(pool);
    await migrateJournal(database, { service, schema: service });
    return { database, close: () => pool.end() };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

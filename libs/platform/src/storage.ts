import type { Service } from '@bulkhead/contracts';
import { migrateJournal, postgresDatabase, type Database } from '@bulkhead/journal';
import type { DataSource } from 'typeorm';
import { dataSource, migrate, openPool, type Classes } from './database.js';
import type { Logger } from './logging.js';

export interface StorageOptions {
  readonly service: Service;
  /** Connection URL of the service's own role. */
  readonly url: string;
  /** The service's own, in order. */
  readonly migrations: Classes;
  /** What it reads through TypeORM. */
  readonly entities?: Classes;
  readonly connections?: number;
}

/** The two ways to a service's schema: SQL of its own for hot paths, TypeORM for reads. */
export interface Storage {
  readonly database: Database;
  readonly source: DataSource;
  close(): Promise<void>;
}

/** Brings a service's schema and its journal's tables up to date and opens them. Every copy may call it at every start. */
export async function openStorage(
  { service, url, migrations, entities = [], connections = 10 }: StorageOptions,
  logger: Logger,
): Promise<Storage> {
  const place = { url, schema: service, applicationName: service, connections };
  const source = await dataSource(place, { entities, migrations }).initialize();
  const pool = openPool(place, logger);
  const close = async () => {
    await source.destroy();
    await pool.end();
  };
  try {
    const database = postgresDatabase(pool);
    await migrateJournal(database, { service, schema: service });
    await migrate(source);
    return { database, source, close };
  } catch (error) {
    await close();
    throw error;
  }
}

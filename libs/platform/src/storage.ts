import { RetryableError, type Service } from '@bulkhead/contracts';
import {
  missingJournalMigrations,
  postgresDatabase,
  type Database,
  type SchemaAccess,
} from '@bulkhead/journal';
import type { DataSource } from 'typeorm';
import { dataSource, MIGRATION_TABLE, openPool, type Classes } from './database.js';
import type { Logger } from './logging.js';

/** What a service keeps in Postgres beside its journal. */
export interface StoragePlan {
  readonly service: Service;
  /** The service's own, in order. */
  readonly migrations: Classes;
  /** What its running processes may do with each of the tables that those made. */
  readonly access: SchemaAccess;
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

/**
 * Opens a service's schema as the service's role, which can't change what the schema is made of.
 * @throws RetryableError `schema_behind` until its migrations have run.
 */
export async function openStorage(
  { service, migrations, entities = [], connections = 10 }: StoragePlan,
  url: string,
  logger: Logger,
): Promise<Storage> {
  const place = { url, schema: service, applicationName: service, connections };
  const source = await dataSource(place, { entities }).initialize();
  const pool = openPool(place, logger);
  const close = async () => {
    await source.destroy();
    await pool.end();
  };
  try {
    const database = postgresDatabase(pool);
    await requireMigrations(database, service, migrations);
    return { database, source, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function requireMigrations(database: Database, service: Service, migrations: Classes): Promise<void> {
  const missing = await missingMigrations(database, service, migrations);
  if (missing.length > 0)
    throw new RetryableError(
      'schema_behind',
      `schema ${service} lacks ${missing.join(', ')}: run the migrations of this release`,
      1_000,
    );
}

/** The right to use a schema comes with its first migration. */
async function missingMigrations(
  database: Database,
  service: Service,
  migrations: Classes,
): Promise<string[]> {
  const [open] = await database.query(
    `select from pg_namespace where nspname = $1 and has_schema_privilege(oid, 'usage')`,
    [service],
  );
  if (!open) return ['every migration'];
  const done = await database.query<{ name: string }>(`select name from ${service}.${MIGRATION_TABLE}`);
  const known = new Set(done.map(({ name }) => name));
  const own = migrations.map(({ name }) => name).filter((name) => !known.has(name));
  return [...(await missingJournalMigrations(database, service)), ...own];
}

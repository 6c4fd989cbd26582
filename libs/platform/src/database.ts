import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { Logger } from './logging.js';

interface Database {
  /** Connection URL of the role that uses it. */
  readonly url: string;
  /** The service's own schema; nothing else is on its search path. */
  readonly schema: string;
  readonly applicationName: string;
  readonly connections?: number;
}

export type Classes = readonly (new () => object)[];

/** Seconds, not hours, until a dead server is noticed: a stopped holder must not keep its connection. */
const KEEPALIVE = {
  keepAlive: true,
  keepAliveInitialDelayMillis: 2_000,
  connectionTimeoutMillis: 5_000,
} as const;

/** Connections for hot paths that write their own SQL. */
export function openPool({ url, schema, applicationName, connections = 10 }: Database, logger: Logger): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: applicationName,
    max: connections,
    options: `-c search_path=${schema} -c statement_timeout=30000 -c idle_in_transaction_session_timeout=10000`,
    ...KEEPALIVE,
  });
  pool.on('error', (error) => logger.warn({ problem: error.message }, 'a database connection broke'));
  return pool;
}

/** The table in which TypeORM keeps which migrations ran. */
export const MIGRATION_TABLE = 'migration';

/** TypeORM over the same role and schema: entities, reads and migrations. */
export const dataSource = (
  { url, schema, applicationName }: Database,
  { entities = [], migrations = [] }: { readonly entities?: Classes; readonly migrations?: Classes },
): DataSource =>
  new DataSource({
    type: 'postgres',
    url,
    schema,
    applicationName,
    poolSize: 5,
    extra: { options: `-c search_path=${schema}`, ...KEEPALIVE },
    migrationsTableName: MIGRATION_TABLE,
    entities: [...entities],
    migrations: [...migrations],
  });

/** "BULKHEAD", as one 32-bit number: the advisory lock that migrations of one database take in turn. */
const MIGRATION_LOCK = 0x42_4b_48_44;

/** Runs migrations forward, one migrator at a time. The lock ends with its connection, so a dead migrator blocks nobody. */
export async function migrate(source: DataSource): Promise<void> {
  const lock = source.createQueryRunner();
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await source.runMigrations({ transaction: 'each' });
    await lock.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
  } finally {
    await lock.release();
  }
}

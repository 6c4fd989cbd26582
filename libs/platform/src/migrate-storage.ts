import { grantAccess, JOURNAL_ACCESS, migrateJournal, postgresDatabase } from '@bulkhead/journal';
import { z } from 'zod';
import { readEnvironment } from './config.js';
import { dataSource, migrate, MIGRATION_TABLE, openPool } from './database.js';
import { createLogger, type Logger } from './logging.js';
import type { StoragePlan } from './storage.js';
import { waitFor } from './wait.js';

const migrationEnvironment = z.object({
  /** Connection URL of the schema's owner, which no service is ever given. */
  BULKHEAD_PG_OWNER: z.string().min(1),
});

/** The whole of a service's migrating process: it ends when the schema is what this release needs, with 1 where it can't be. */
export async function runMigrations(plan: StoragePlan): Promise<void> {
  const settings = readEnvironment(`migrate ${plan.service}`, migrationEnvironment);
  const logger = createLogger(`migrate-${plan.service}`, 'info');
  try {
    await waitFor('Postgres', () => migrateStorage(plan, settings.BULKHEAD_PG_OWNER, logger), logger, {
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    logger.error({ err: error }, 'the schema was not migrated');
    process.exitCode = 1;
  }
}

/** What waits for a migration is better told than kept waiting. */
const PATIENCE_MS = 60_000;

/**
 * Brings a service's schema and its journal's tables up to date as their owner, and gives the service's role what the plan states.
 * Any number may try at once, while services run: the lock lets one at a time.
 */
export async function migrateStorage(plan: StoragePlan, url: string, logger: Logger): Promise<void> {
  const { service, migrations, access } = plan;
  const place = { url, schema: service, applicationName: `migrate-${service}`, connections: 2 };
  const pool = openPool(place, logger);
  const source = dataSource(place, { migrations });
  try {
    const database = postgresDatabase(pool);
    await migrateJournal(database, { service, schema: service });
    await source.initialize();
    await migrate(source);
    const all = { ...JOURNAL_ACCESS, [MIGRATION_TABLE]: 'read', ...access } as const;
    await database.transaction((tx) => grantAccess(tx, service, roleOf(service), all));
  } finally {
    if (source.isInitialized) await source.destroy();
    await pool.end();
  }
}

/** As infra/postgres/roles.sql names it. */
const roleOf = (service: string): string => `bulkhead_${service}`;

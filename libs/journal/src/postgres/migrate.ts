import type { Service } from '@bulkhead/contracts';
import { systemClock, type Clock } from '../ports/clock.js';
import { systemRandom, type Random } from '../ports/random.js';
import type { Database, Sql } from '../ports/sql.js';
import { startEpoch } from './epochs.js';
import { checkedName, MIGRATIONS } from './schema.js';

export interface MigrateOptions {
  readonly service: Service;
  /** The service's own schema, made where it is missing. */
  readonly schema: string;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** "JRNL": the lock that those migrating at once take in turn. */
const MIGRATION_LOCK = 0x4a_52_4e_4c;

/** Brings a journal's tables up to date as their owner, and begins its first epoch. Changes nothing where both are there. */
export function migrateJournal(database: Database, options: MigrateOptions): Promise<void> {
  const schema = checkedName(options.schema);
  return database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const [found] = await tx.query('select from pg_namespace where nspname = $1', [schema]);
    if (!found) await tx.query(`create schema ${schema}`);
    await tx.query(`set local search_path = ${schema}`);
    await migrateForward(tx);
    const [epoch] = await tx.query('select from epoch limit 1');
    if (!epoch)
      await startEpoch(tx, {
        service: options.service,
        reason: 'created',
        clock: options.clock ?? systemClock,
        random: options.random ?? systemRandom,
      });
  });
}

async function migrateForward(tx: Sql): Promise<void> {
  await tx.query(
    'create table if not exists journal_migration (name text primary key, at timestamptz not null default now())',
  );
  const done = new Set(
    (await tx.query<{ name: string }>('select name from journal_migration')).map(({ name }) => name),
  );
  for (const { name, sql } of MIGRATIONS.filter((migration) => !done.has(migration.name))) {
    await tx.query(sql);
    await tx.query('insert into journal_migration (name) values ($1)', [name]);
  }
}

/** Names of migrations that this code needs and the schema lacks. */
export async function missingJournalMigrations(sql: Sql, schema: string): Promise<string[]> {
  const done = await sql.query<{ name: string }>(`select name from ${checkedName(schema)}.journal_migration`);
  const known = new Set(done.map(({ name }) => name));
  return MIGRATIONS.map(({ name }) => name).filter((name) => !known.has(name));
}

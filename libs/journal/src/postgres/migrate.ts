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
  /** Where another role than the migrating one runs the service: it may only insert and select envelopes and records. */
  readonly role?: string;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** "JRNL": the lock that copies of a service migrating at once take in turn. */
const MIGRATION_LOCK = 0x4a_52_4e_4c;

/** Brings a journal's tables up to date, and begins its first epoch. Safe to call by every copy at every start. */
export function migrateJournal(database: Database, options: MigrateOptions): Promise<void> {
  const schema = checkedName(options.schema);
  return database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const [found] = await tx.query('select from pg_namespace where nspname = $1', [schema]);
    if (!found) await tx.query(`create schema ${schema}`);
    await tx.query(`set local search_path = ${schema}`);
    await migrateForward(tx);
    if (options.role !== undefined) await grant(tx, schema, checkedName(options.role));
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

async function grant(tx: Sql, schema: string, role: string): Promise<void> {
  await tx.query(`grant usage on schema ${schema} to ${role};
    grant select, insert on envelope, record, epoch to ${role};
    grant usage on sequence envelope_seq_seq to ${role};
    grant select, insert, delete on pending, command to ${role};
    grant select, insert, update, delete on leadership, cursor, parked, parked_message, feed, feed_change to ${role}`);
}

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { migrateJournal, postgresDatabase } from '@bulkhead/journal';
import { startPostgres, type TestDatabase, type TestPostgres } from '@bulkhead/testing';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createLogger } from './logging.js';
import { migrateStorage } from './migrate-storage.js';
import { openStorage, type Storage, type StoragePlan } from './storage.js';

class Notes1700000000000 implements MigrationInterface {
  up = (runner: QueryRunner) => runner.query('create table note (id text primary key, words text not null)');
  down = async () => undefined;
}
class Tags1700000000001 implements MigrationInterface {
  up = (runner: QueryRunner) => runner.query('create table tag (id text primary key)');
  down = async () => undefined;
}

const logger = createLogger('test', 'fatal');
const first: StoragePlan = { service: 'api', migrations: [Notes1700000000000], access: { note: 'append' } };
const next: StoragePlan = {
  ...first,
  migrations: [Notes1700000000000, Tags1700000000001],
  access: { note: 'append', tag: 'discard' },
};

let postgres: TestPostgres;
let database: TestDatabase;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  database = await postgres.database();
});

async function using<T>(plan: StoragePlan, work: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(plan, (await database.roles('api')).service, logger);
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}
const migrated = async (plan: StoragePlan) =>
  migrateStorage(plan, (await database.roles('api')).owner, logger);

describe('a schema', () => {
  it('is not opened before the migrations of its release have run, which are named', async () => {
    await expect(using(first, async () => null)).rejects.toMatchObject({ code: 'schema_behind' });
    await migrated(first);
    await expect(using(next, async () => null)).rejects.toThrow('schema api lacks Tags1700000000001');
    await migrated(next);
    await using(next, ({ database }) => database.query(`insert into tag values ('a')`));
  });

  it('that is ahead is opened by the release before', async () => {
    await migrated(next);
    await using(first, ({ database }) => database.query(`insert into note values ('a', 'b')`));
  });

  it('is migrated by one at a time, while it is in use', async () => {
    await migrated(first);
    await using(first, async ({ database }) => {
      await Promise.all([
        migrated(next),
        migrated(next),
        database.query(`insert into note values ('a', 'b')`),
      ]);
      expect(await database.query('select id from note')).toEqual([{ id: 'a' }]);
    });
  });

  it('gives its service what the plan states and no more', async () => {
    await migrated(next);
    await using(next, async ({ database, source }) => {
      await database.query(`insert into note values ('a', 'b')`);
      for (const statement of [
        `update note set words = 'other'`,
        'delete from note',
        `update tag set id = 'other'`,
        'drop table note',
        `delete from migration`,
        `delete from journal_migration`,
      ])
        await expect(database.query(statement)).rejects.toThrow(/permission denied|must be owner/);
      await expect(source.query('create table other (id text)')).rejects.toThrow('permission denied');
    });
  });

  it('takes back a right that the next release no longer states', async () => {
    await migrated(next);
    await migrated({ ...next, access: { note: 'append', tag: 'append' } });
    await using(next, async ({ database }) => {
      await expect(database.query('delete from tag')).rejects.toThrow('permission denied');
    });
  });

  it('is refused where nobody states what its service may do with a table', async () => {
    await expect(migrated({ ...next, access: { note: 'append' } })).rejects.toThrow('api.tag');
  });

  it('that its service itself owned, as once, is taken over with all that is in it', async () => {
    await database.roles('api');
    await database.pool.query('alter schema api owner to bulkhead_api');
    const once = database.open({ user: 'bulkhead_api', options: '-c search_path=api' });
    await migrateJournal(postgresDatabase(once), { service: 'api', schema: 'api' });
    await once.query(`create table note (id text primary key, words text not null);
      insert into note values ('a', 'kept');
      create table migration (id serial primary key, "timestamp" bigint not null, name varchar not null);
      insert into migration ("timestamp", name) values (1700000000000, 'Notes1700000000000')`);
    await migrated(next);
    await using(next, async ({ database }) => {
      expect(await database.query('select words from note')).toEqual([{ words: 'kept' }]);
      expect(await database.query('select last_position from epoch')).toHaveLength(1);
      await expect(database.query('alter table envelope disable trigger keep')).rejects.toThrow(
        'must be owner',
      );
    });
  });
});

import type { Database } from '@bulkhead/journal';
import { createLogger, migrateStorage, openStorage, type Storage } from '@bulkhead/platform';
import { startPostgres, type TestDatabase, type TestPostgres } from '@bulkhead/testing';
import { entryHash, verifyConsistency, verifyInclusion } from '@bulkhead/transparency';
import { STORAGE } from './storage.js';
import {
  appendEntries,
  entriesFrom,
  entryOf,
  logSize,
  proveConsistency,
  provePlace,
  rootAt,
  type NewEntry,
} from './transparency-log.js';

let postgres: TestPostgres;
let test: TestDatabase;
let storage: Storage;
let database: Database;
const logger = createLogger('test', 'fatal');
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  test = await postgres.database();
  const { owner, service } = await test.roles('audit');
  await migrateStorage(STORAGE, owner, logger);
  storage = await openStorage(STORAGE, service, logger);
  database = storage.database;
});

const entry = (journal: string, position: number, body = `{"n":${position}}`): NewEntry => ({
  journal,
  epoch: '1',
  position,
  recordedAt: '2026-01-01T00:00:00.000Z',
  envelope: `${journal}-${position}`,
  organization: 'platform',
  body: Buffer.from(body),
});
const add = (entries: NewEntry[]) => database.transaction((tx) => appendEntries(tx, entries));
const run = (journal: string, from: number, count: number) =>
  Array.from({ length: count }, (_, n) => entry(journal, from + n));

describe('the transparency log in Postgres', () => {
  it('grows by batches from several journals at once without a gap, and every head proves the next', async () => {
    await Promise.all([
      (async () => {
        for (let n = 0; n < 6; n += 1) await add(run('api', 1 + n * 3, 3));
      })(),
      (async () => {
        for (let n = 0; n < 5; n += 1) await add(run('scheduler', 1 + n * 4, 4));
      })(),
    ]);
    const size = await logSize(database);
    expect(size).toBe(38);
    const stored = await entriesFrom(database, 0, 1000, 1e9);
    expect(stored.map(({ index }) => index)).toEqual(Array.from({ length: 38 }, (_, n) => n));
    const head = await rootAt(database, size);
    for (const one of stored) {
      expect(one.leaf).toEqual(entryHash(one));
      expect(
        verifyInclusion(one.leaf, one.index, size, await provePlace(database, one.index, size), head),
      ).toBe(true);
    }
    for (const from of [1, 7, 16, 37])
      expect(
        verifyConsistency(
          from,
          size,
          await rootAt(database, from),
          head,
          await proveConsistency(database, from, size),
        ),
      ).toBe(true);
  });

  it('takes each position of a journal once', async () => {
    await add(run('api', 1, 2));
    await expect(add(run('api', 2, 2))).rejects.toThrow();
    expect(await logSize(database)).toBe(2);
  });

  it('keeps bytes that nobody can parse', async () => {
    const body = Buffer.from([0, 255, 10, 13, 0]);
    await add([{ ...entry('api', 1), envelope: null, organization: null, body }]);
    expect((await entriesFrom(database, 0, 1, 1))[0]?.body).toEqual(body);
  });

  it('pages by bytes but never without an entry', async () => {
    await add([entry('api', 1, 'x'.repeat(500)), entry('api', 2, 'x'.repeat(500)), entry('api', 3, 'x')]);
    expect((await entriesFrom(database, 0, 10, 1)).map(({ index }) => index)).toEqual([0]);
    expect((await entriesFrom(database, 0, 10, 501)).map(({ index }) => index)).toEqual([0, 1]);
    expect((await entriesFrom(database, 1, 10, 5000)).map(({ index }) => index)).toEqual([1, 2]);
    expect(await entryOf(database, { envelope: 'api-2' })).toMatchObject({ index: 1 });
    expect(await entryOf(database, { envelope: 'api-9' })).toBeNull();
    expect(await entryOf(database, { journal: 'api', position: 3 })).toMatchObject({ index: 2 });
  });
});

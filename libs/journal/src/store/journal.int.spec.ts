import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  account,
  accountContracts,
  deposit,
  MemoryDataKeys,
  ORGANIZATION,
  startPostgres,
  withdraw,
  type TestDatabase,
  type TestPostgres,
} from '@bulkhead/testing';
import { postgresDatabase } from '../postgres/database.js';
import { PostgresJournalStore } from '../postgres/journal-store.js';
import { migrateJournal } from '../postgres/migrate.js';
import { DataKeySealer } from '../seal/sealer.js';

import type { Command } from './decision.js';
import { Journal } from './journal.js';

let postgres: TestPostgres;
let database: TestDatabase;
let keys: MemoryDataKeys;
let commits: number;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  database = await postgres.database();
  keys = new MemoryDataKeys();
  commits = 0;
  await migrateJournal(postgresDatabase(database.pool), { service: 'scheduler', schema: 'scheduler' });
});

const open = () =>
  new Journal({
    service: 'scheduler',
    store: new PostgresJournalStore(postgresDatabase(database.pool), 'scheduler'),
    contracts: accountContracts,
    sealer: new DataKeySealer(keys),
    committed: () => commits++,
  });

let made = 0;
const command = (content: unknown, id = `cmd-${++made}`): Command => ({
  id,
  content,
  actor: { kind: 'user', id: 'usr_1' },
  organization: ORGANIZATION,
  now: new Date('2026-01-01T00:00:00Z'),
});

const put = (journal: Journal, id: string, amount: number, commandId?: string, note?: string) =>
  journal.execute(command({ amount, note: note ?? null }, commandId), async (decision) => {
    const loaded = await decision.load(account, id);
    decision.append(loaded, deposit(amount, note));
    return { balance: loaded.state.balance + amount };
  });

const take = (journal: Journal, id: string, amount: number, commandId?: string) =>
  journal.execute(command({ amount }, commandId), async (decision) => {
    const loaded = await decision.load(account, id);
    decision.append(loaded, withdraw(loaded.state, amount));
    return { balance: loaded.state.balance - amount };
  });

const count = async (table: string): Promise<number> => {
  const { rows } = await database.pool.query<{ count: string }>(
    `select count(*) as count from scheduler.${table}`,
  );
  return Number(rows[0]?.count);
};

describe('one command', () => {
  it('decides, stores the exact bytes and says what it touched', async () => {
    const outcome = await put(open(), 'a', 5);
    expect(outcome).toEqual({
      result: { balance: 5 },
      touched: [{ aggregate: { type: 'account', id: 'a' }, version: 1 }],
    });
    expect(commits).toBe(1);
    expect(await count('pending')).toBe(1);
  });

  it('gets the same answer again under its id, from another copy too, and leaves nothing more', async () => {
    const first = await put(open(), 'a', 5, 'once');
    const again = await put(open(), 'a', 5, 'once');
    expect(again).toEqual(first);
    expect(await count('envelope')).toBe(2);
  });

  it('is an error under the id of other content', async () => {
    await put(open(), 'a', 5, 'once');
    await expect(put(open(), 'a', 6, 'once')).rejects.toMatchObject({
      code: 'idempotency_key_reused',
      status: 422,
    });
  });

  it('remembers a refusal, though by now it would be accepted', async () => {
    const journal = open();
    await expect(take(journal, 'a', 3, 'poor')).rejects.toMatchObject({
      code: 'overdrawn',
      status: 409,
      details: { balance: 0 },
    });
    await put(journal, 'a', 10);
    await expect(take(open(), 'a', 3, 'poor')).rejects.toMatchObject({
      code: 'overdrawn',
      details: { balance: 0 },
    });
    expect(await take(journal, 'a', 3)).toMatchObject({ result: { balance: 7 } });
  });
});

describe('many commands on one aggregate', () => {
  it('each takes its turn, over two copies of the service', async () => {
    const copies = [open(), open()];
    await Promise.all(Array.from({ length: 60 }, (_, n) => put(copies[n % 2] ?? open(), 'hot', 1)));
    const { state, version } = await open().stateAt(account, 'hot', { position: Number.MAX_SAFE_INTEGER });
    expect(await count(`envelope where aggregate = 'account/hot'`)).toBe(60);
    expect({ state, version }).toEqual({ state: account.initial, version: 0 });
  });
});

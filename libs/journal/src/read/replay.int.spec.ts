import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { streamName } from '@bulkhead/contracts';
import {
  account,
  accountContracts,
  balances,
  createBalances,
  deposit,
  eventually,
  ORGANIZATION,
  startNats,
  startPostgres,
  TestBackbone,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@bulkhead/testing';
import { PostgresReaderStore } from '../postgres/reader-store.js';
import { PostgresReconcileStore } from '../postgres/reconcile-store.js';
import { PostgresShadowStore } from '../postgres/shadow-store.js';
import { adoptSurplus, giveUpSurplus, surplusOf } from '../relay/reconcile.js';
import type { Journal } from '../store/journal.js';
import { ownPages } from './pages.js';
import { replay } from './replay.js';

let postgres: TestPostgres;
let nats: TestNats;
let database: TestDatabase;
let backbone: TestBackbone;
let journal: Journal;

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
});
afterAll(() => Promise.all([postgres.stop(), nats.stop()]));
beforeEach(async () => {
  database = await postgres.database();
  backbone = await TestBackbone.start({ contracts: accountContracts, database, nats });
  await backbone.streams.remove(streamName('scheduler'));
  await createBalances(database.pool);
  journal = backbone.journal();
});
afterEach(() => backbone.stop());

const put = (id: string, amount = 1, note?: string, command = backbone.command()) =>
  journal.execute(command, async (decision) => {
    const loaded = await decision.load(account, id);
    decision.append(loaded, deposit(amount, note));
  });

const caughtUp = () =>
  eventually(async () => {
    const { rows } = await database.pool.query('select from scheduler.pending limit 1');
    const head = await backbone.store.head();
    const { cursor } = await new PostgresReaderStore(backbone.database, 'scheduler').open(
      balances.name,
      'scheduler',
    );
    return rows.length === 0 && cursor.position === head.position && cursor.epoch === head.epoch;
  });

const balanceOf = async () => {
  const { rows } = await database.pool.query<{ account: string; balance: number }>(
    'select account, balance from scheduler.balance',
  );
  return Object.fromEntries(rows.map(({ account: id, balance }) => [id, balance]));
};

const replayed = (swap = false) =>
  replay({
    projection: balances,
    pages: ownPages(backbone.store),
    store: new PostgresShadowStore(backbone.database, 'scheduler'),
    swap,
  });

describe('a replay', () => {
  it('finds no drift in what was projected, while the projection goes on', async () => {
    backbone.relay();
    backbone.projector(balances);
    for (let n = 0; n < 30; n++) await put(`a${n % 7}`);
    await caughtUp();
    const writing = Promise.all(Array.from({ length: 20 }, (_, n) => put(`b${n}`)));
    const report = await replayed();
    await writing;
    expect(report).toMatchObject({ drift: [], parked: [], swapped: false });
    expect(report.envelopes).toBe(report.cursor.position);
    expect(report.cursor.position).toBeGreaterThanOrEqual(31);
  });

  it('names every row that drifted, and swaps on request', async () => {
    backbone.relay();
    backbone.projector(balances);
    for (let n = 0; n < 4; n++) await put(`a${n}`);
    await caughtUp();
    await database.pool.query(`
      update scheduler.balance set balance = 99 where account = 'a1';
      delete from scheduler.balance where account = 'a2';
      insert into scheduler.balance values ('ghost', 1, 1)`);
    const { drift } = await replayed();
    expect(drift.map(({ side, row }) => [side, (JSON.parse(row) as { account: string }).account])).toEqual([
      ['live', 'a1'],
      ['live', 'ghost'],
      ['replayed', 'a1'],
      ['replayed', 'a2'],
    ]);
    expect(await replayed(true)).toMatchObject({ swapped: true });
    expect(await balanceOf()).toEqual({ a0: 1, a1: 1, a2: 1, a3: 1 });
    expect(await replayed()).toMatchObject({ drift: [] });
    await put('a1');
    await caughtUp();
    expect((await balanceOf())['a1']).toBe(2);
  });

  it('still works once an organization was erased', async () => {
    backbone.relay();
    backbone.projector(balances);
    await put('a', 5, 'a secret');
    await caughtUp();
    backbone.keys.destroy(ORGANIZATION);
    expect(await replayed()).toMatchObject({ drift: [], parked: [] });
  });
});

describe('the state at a time', () => {
  it('is what it was, by position and by the time of recording', async () => {
    backbone.relay();
    await put('a', 1);
    await put('a', 2);
    await eventually(async () => (await backbone.store.head()).position === 3);
    const { rows } = await database.pool.query<{ recorded_at: Date }>(
      'select recorded_at from scheduler.record where position = 3',
    );
    await put('a', 4);
    await eventually(async () => (await backbone.store.head()).position === 4);
    expect(await journal.stateAt(account, 'a', { position: 2 })).toMatchObject({
      state: { balance: 1 },
      version: 1,
    });
    const at = await journal.stateAt(account, 'a', { time: rows[0]?.recorded_at ?? new Date(0) });
    expect(at.position).toBeGreaterThanOrEqual(3);
    expect(await journal.stateAt(account, 'a', { time: new Date(0) })).toMatchObject({
      version: 0,
      position: 0,
    });
  });
});

describe('a journal that lost commits its stream still has', () => {
  const repairs = () => new PostgresReconcileStore(backbone.database, 'scheduler', 'scheduler');
  const options = () => ({ service: 'scheduler', store: backbone.store, streams: backbone.streams }) as const;

  const lost = () => backbone.command({ id: 'lost' });

  /** Three deposits were carried and read; then the database comes back from before it gave the last two their positions. */
  async function restoredFromBackup(kept = 1): Promise<void> {
    const relay = backbone.relay();
    const projector = backbone.projector(balances);
    for (let n = 0; n < 2; n++) await put('a');
    await put('a', 1, undefined, lost());
    await caughtUp();
    await eventually(() => backbone.hasCarried(4));
    await backbone.end(relay);
    await backbone.end(projector);
    await database.pool.query(`
      alter table scheduler.record disable trigger all;
      alter table scheduler.envelope disable trigger all;
      alter table scheduler.command disable trigger all;
      delete from scheduler.command;
      delete from scheduler.envelope where version > ${kept} and aggregate = 'account/a';
      insert into scheduler.pending select seq from scheduler.envelope where version > 1 and aggregate = 'account/a';
      delete from scheduler.record where position > 2`);
    const stopped = backbone.relay();
    await eventually(() => stopped.status.state === 'stopped');
    journal = backbone.journal();
  }

  it('takes them in again when told to, and its readers go on', async () => {
    await restoredFromBackup();
    expect((await surplusOf(options())).map(({ record }) => record.position)).toEqual([3, 4]);
    expect(await adoptSurplus(repairs(), options())).toBe(2);
    backbone.projector(balances);
    await put('a');
    await caughtUp();
    expect(await balanceOf()).toEqual({ a: 4 });
  });

  it('does a command whose events were taken in not again, though its answer is lost', async () => {
    await restoredFromBackup();
    await adoptSurplus(repairs(), options());
    backbone.projector(balances);
    await expect(put('a', 1, undefined, lost())).rejects.toMatchObject({ code: 'answer_lost', status: 409 });
    await put('a');
    await caughtUp();
    expect(await balanceOf()).toEqual({ a: 4 });
  });

  it('takes in what the journal had committed and not yet given a position', async () => {
    await restoredFromBackup(2);
    expect(await adoptSurplus(repairs(), options())).toBe(2);
    backbone.projector(balances);
    await put('a');
    await caughtUp();
    expect(await balanceOf()).toEqual({ a: 4 });
  });

  it('gives them up in a new epoch: a reader beyond it rebuilds', async () => {
    await restoredFromBackup();
    const before = await journal.epoch();
    const epoch = await giveUpSurplus(repairs());
    expect(Number(epoch.split('-')[0])).toBeGreaterThan(Number(before.split('-')[0]));
    backbone.projector(balances);
    await put('a', 10);
    await caughtUp();
    expect(await balanceOf()).toEqual({ a: 11 });
    expect(await replayed()).toMatchObject({ drift: [] });
  });

  it('in a new epoch, a reader that was not beyond what was kept goes on', async () => {
    backbone.relay();
    backbone.projector(balances);
    await put('a');
    await caughtUp();
    await database.pool.query(`update scheduler.balance set balance = 50`);
    await repairs().startEpoch('failed-over');
    await put('a');
    await caughtUp();
    // Not rebuilt, or it would be 2.
    expect(await balanceOf()).toEqual({ a: 51 });
  });
});

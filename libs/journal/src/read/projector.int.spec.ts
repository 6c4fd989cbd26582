import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { streamName, type EventContracts } from '@bulkhead/contracts';
import {
  account,
  accountContracts,
  balances,
  createBalances,
  deposit,
  eventually,
  startNats,
  startPostgres,
  TestBackbone,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@bulkhead/testing';
import { toNatsHeaders } from '../nats/bus.js';
import { PostgresReaderStore } from '../postgres/reader-store.js';
import type { Headers } from '../ports/bus.js';
import { DatabaseUnavailable } from '../ports/sql.js';
import type { Journal } from '../store/journal.js';
import { ownPages } from './pages.js';
import type { Projector } from './projector.js';
import { Seen } from './seen.js';

let postgres: TestPostgres;
let nats: TestNats;
let database: TestDatabase;
let backbone: TestBackbone;
let journal: Journal;

const STREAM = streamName('scheduler');

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
});
afterAll(() => Promise.all([postgres.stop(), nats.stop()]));
beforeEach(async () => {
  database = await postgres.database();
  backbone = await TestBackbone.start({ contracts: accountContracts, database, nats });
  await backbone.streams.remove(STREAM);
  await createBalances(database.pool);
  journal = backbone.journal(backbone.relay());
});
afterEach(() => backbone.stop());

const put = (id: string, amount = 1) =>
  journal.execute(backbone.command(), async (decision) => {
    const loaded = await decision.load(account, id);
    decision.append(loaded, deposit(amount));
  });

/** Balance and version of each account, as projected. */
async function projected(): Promise<Record<string, [balance: number, version: number]>> {
  const { rows } = await database.pool.query<{ account: string; balance: number; version: number }>(
    'select * from scheduler.balance',
  );
  return Object.fromEntries(rows.map(({ account: id, balance, version }) => [id, [balance, version]]));
}

const cursor = async () =>
  (await new PostgresReaderStore(backbone.database, 'scheduler').open(balances.name, 'scheduler')).cursor;

const caughtUp = () =>
  eventually(
    async () => {
      const { rows } = await database.pool.query('select from scheduler.pending limit 1');
      const { position } = await backbone.store.head();
      return rows.length === 0 && (await cursor()).position === position;
    },
    { describe: () => `not caught up: ${backbone.errors.map(String).join('; ')}` },
  );

describe('a projection', () => {
  it('follows the journal and says what it has committed', async () => {
    const seen = new Seen(backbone.bus, balances.name);
    backbone.projector(balances);
    const { touched } = await put('a', 5);
    expect(await seen.seen(touched, 5_000)).toBe(true);
    expect(await projected()).toEqual({ a: [5, 1] });
    // An answer that comes after the announcement finds it.
    expect(await seen.seen(touched, 0)).toBe(true);
    expect(await seen.seen([{ aggregate: { type: 'account', id: 'a' }, version: 2 }], 20)).toBe(false);
  });

  it('goes on by itself when its stream is deleted under load', async () => {
    backbone.projector(balances);
    await put('a');
    await caughtUp();
    let writing = true;
    const writer = (async () => {
      for (let n = 0; writing; n++) await put(`a${n % 3}`);
    })();
    await backbone.streams.remove(STREAM);
    await eventually(() => backbone.problems.some(({ kind }) => kind === 'repaired'));
    const { position } = await cursor();
    await eventually(async () => (await cursor()).position > position + 10);
    writing = false;
    await writer;
    await caughtUp();
    await everyAccountIsRight();
  });

  it('goes on when NATS loses everything', async () => {
    backbone.projector(balances);
    await put('a');
    await caughtUp();
    await nats.restart({ wiped: true });
    for (let n = 0; n < 5; n++) await put('a');
    await caughtUp();
    expect(await projected()).toEqual({ a: [6, 6] });
  });

  it('reads from the owner what the stream does not hold', async () => {
    for (let n = 0; n < 3; n++) await put('a');
    await eventually(async () => (await backbone.store.head()).position === 4);
    await eventually(() => backbone.hasCarried(4));
    // A hole that only a reader can see: the messages are there, one never was.
    const manager = await backbone.connection.jetstreamManager();
    await backbone.stop();
    const messages = await Promise.all(
      [1, 2, 3, 4].map((sequence) => backbone.streams.get(STREAM, sequence)),
    );
    await manager.streams.delete(STREAM);
    await manager.streams.add({ name: STREAM, subjects: ['bh.event.scheduler.>'] });
    for (const message of messages.filter((_, index) => index !== 2))
      if (message)
        await backbone.connection
          .jetstream()
          .publish(message.subject, message.data, { headers: recordOnly(message.headers) });
    backbone.projector(balances);
    await eventually(async () => (await projected())['a']?.[1] === 3);
  });

  it('loses and repeats nothing when a copy dies in the middle of a batch', async () => {
    for (let n = 0; n < 6; n++) await put(`a${n % 2}`);
    let deaths = 0;
    const dying = backbone.projector({
      ...balances,
      async apply(tx, batch, feed) {
        await balances.apply(tx, batch, feed);
        deaths++;
        throw new DatabaseUnavailable('the connection broke before the commit');
      },
    });
    await eventually(() => deaths > 0);
    await backbone.end(dying);
    expect(await projected()).toEqual({});
    backbone.projector(balances);
    await caughtUp();
    await everyAccountIsRight();
  });

  it('has one active copy, and the others take over', async () => {
    const copies = [backbone.projector(balances), backbone.projector(balances)];
    const active = () => copies.filter(({ status }) => status.state === 'active');
    for (let n = 0; n < 5; n++) await put('a');
    await caughtUp();
    expect(active()).toHaveLength(1);
    for (const copy of active()) await backbone.end(copy);
    for (let n = 0; n < 5; n++) await put('a');
    await caughtUp();
    expect(await projected()).toEqual({ a: [10, 10] });
  });

  it('parks an aggregate it cannot follow, passes its events over, and catches up on retry', async () => {
    const projector: Projector = backbone.projector(balances);
    await put('fine');
    await put('cursed');
    await put('fine');
    await put('cursed');
    await caughtUp();
    expect(await projected()).toEqual({ fine: [2, 2] });
    expect(await projector.parked()).toMatchObject([
      {
        reader: balances.name,
        aggregate: 'account/cursed',
        version: 1,
        error: expect.stringContaining('balance_account_check'),
      },
    ]);
    await expect(projector.retry('account/cursed')).rejects.toThrow('balance_account_check');
    expect(await projector.parked()).toHaveLength(1);
    await database.pool.query('alter table scheduler.balance drop constraint balance_account_check');
    expect(await projector.retry('account/cursed')).toBe(true);
    await put('cursed');
    await caughtUp();
    expect(await projected()).toEqual({ fine: [2, 2], cursed: [3, 3] });
    expect(await projector.parked()).toEqual([]);
  });

  it('stops at an event newer than itself, says so, and lets a newer release go on', async () => {
    const old: EventContracts = { ...accountContracts, Deposited: { ...accountContracts.Deposited, v: 1 } };
    const projector = backbone.projector({ ...balances, contracts: old });
    await put('a');
    await eventually(() => projector.status.state === 'stopped');
    expect(projector.status).toMatchObject({ why: expect.stringContaining('Deposited of version 2') });
    expect(await projector.parked()).toEqual([]);
    backbone.projector(balances);
    await caughtUp();
    expect(await projected()).toEqual({ a: [1, 1] });
  });

  it('reads on from the stream while the owner is away', async () => {
    let away = false;
    const pages = ownPages(backbone.store);
    backbone.projector(balances, {
      pages: { ask: (request) => (away ? Promise.reject(new Error('away')) : pages.ask(request)) },
    });
    await put('a');
    await caughtUp();
    away = true;
    await put('a');
    await caughtUp();
    expect(await projected()).toEqual({ a: [2, 2] });
  });
});

/** Without what the relay expected of the stream. */
const recordOnly = (headers: Headers) =>
  toNatsHeaders(Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('Bh-'))));

/** Every account has as many deposits of 1 as envelopes. */
async function everyAccountIsRight(): Promise<void> {
  const { rows } = await database.pool.query<{ id: string; n: string }>(
    `select split_part(aggregate, '/', 2) as id, count(*) as n from scheduler.envelope where aggregate like 'account/%' group by 1`,
  );
  expect(await projected()).toEqual(
    Object.fromEntries(rows.map(({ id, n }) => [id, [Number(n), Number(n)]])),
  );
}

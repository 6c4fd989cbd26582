import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  feedSubject,
  RetryableError,
  streamName,
  type FeedChange,
  type FeedPage,
  type FeedRequest,
} from '@bulkhead/contracts';
import {
  account,
  accountContracts,
  balances,
  createBalances,
  deposit,
  eventually,
  startNats,
  startPostgres,
  TEST_LEADERSHIP_MS,
  TestBackbone,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@bulkhead/testing';
import { PostgresFeedStore } from '../postgres/feed-store.js';
import { PostgresLeadershipStore } from '../postgres/leadership-store.js';
import type { Bus } from '../ports/bus.js';
import type { Journal } from '../store/journal.js';
import { FeedFollower, type FeedCopy, type FeedPlace } from './feed-follower.js';
import { FeedPublisher } from './feed-publisher.js';

let postgres: TestPostgres;
let nats: TestNats;
let database: TestDatabase;
let backbone: TestBackbone;
let journal: Journal;
let store: PostgresFeedStore;

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
});
afterAll(() => Promise.all([postgres.stop(), nats.stop()]));
beforeEach(async () => {
  database = await postgres.database();
  backbone = await TestBackbone.start({ contracts: accountContracts, database, nats });
  await backbone.streams.remove(streamName('scheduler'));
  await createBalances(database.pool);
  journal = backbone.journal(backbone.relay());
  store = new PostgresFeedStore(backbone.database, 'scheduler');
});
afterEach(() => backbone.stop());

/** A copy in memory that a follower can be restarted on. */
class MemoryCopy implements FeedCopy {
  rows = new Map<string, unknown>();
  at: FeedPlace | null = null;
  replaced = 0;

  place = () => Promise.resolve(this.at);
  apply(changes: readonly FeedChange[], place: FeedPlace) {
    for (const { key, row } of changes)
      if (row === null) this.rows.delete(key);
      else this.rows.set(key, row);
    this.at = place;
    return Promise.resolve();
  }
  replace(changes: readonly FeedChange[], place: FeedPlace) {
    this.replaced++;
    this.rows = new Map();
    return this.apply(changes, place);
  }
}

const put = (id: string, amount = 1) =>
  journal.execute(backbone.command(), async (decision) => {
    const loaded = await decision.load(account, id);
    decision.append(loaded, deposit(amount));
  });

const publish = (bus: Bus = backbone.bus) => {
  const publisher = backbone.run(
    new FeedPublisher({
      bus,
      store,
      leadership: new PostgresLeadershipStore(backbone.database, 'scheduler'),
      leadershipMs: TEST_LEADERSHIP_MS,
      report: (error) => backbone.errors.push(error),
    }),
  );
  backbone.projector(balances, { push: (changes) => publisher.push(changes) });
  return publisher;
};

const ask = async (request: FeedRequest): Promise<FeedPage> => {
  const page = await store.page(balances.name, request);
  if (!page) throw new RetryableError('feed_building', 'being built', 100);
  return page;
};

const follow = (
  copy: FeedCopy,
  bus: Bus = backbone.bus,
  asked: (request: FeedRequest) => Promise<FeedPage> = ask,
) =>
  backbone.run(
    new FeedFollower({
      name: 'balances',
      bus,
      ask: asked,
      copy,
      silenceMs: 500,
      report: (error) => backbone.errors.push(error),
    }),
  );

const holds = (copy: MemoryCopy, rows: Record<string, number>) =>
  eventually(
    () =>
      JSON.stringify([...copy.rows].sort()) ===
      JSON.stringify(Object.entries(rows).map(([id, balance]) => [id, { balance }])),
    {
      describe: () =>
        `the copy holds ${JSON.stringify([...copy.rows])}; ${backbone.errors.map(String).join('; ')}`,
    },
  );

/** A bus that loses what is pushed on a feed while `lossy.on`. */
const lossy = (lose: { on: boolean; heads?: boolean }): Bus => ({
  publish(subject, data, headers) {
    const isHead = Buffer.from(data).toString().startsWith('{"head"');
    if (lose.on && subject === feedSubject('balances') && (lose.heads || !isHead)) return;
    backbone.bus.publish(subject, data, headers);
  },
  request: (subject, data, options) => backbone.bus.request(subject, data, options),
  subscribe: (subject, onMessage, queue) => backbone.bus.subscribe(subject, onMessage, queue),
});

describe('a follower of a feed', () => {
  it('without a copy gets everything, then each change at once', async () => {
    publish();
    await put('a', 3);
    const copy = new MemoryCopy();
    const follower = follow(copy);
    await holds(copy, { a: 3 });
    await put('b', 1);
    await put('a', 2);
    await holds(copy, { a: 5, b: 1 });
    expect(follower.status).toEqual({ state: 'current', number: 3 });
  });

  it('asks for what it missed while it was away, and for no more', async () => {
    publish();
    const copy = new MemoryCopy();
    const first = follow(copy);
    await put('a', 3);
    await holds(copy, { a: 3 });
    await backbone.end(first);
    await put('b', 1);
    copy.replaced = 0;
    follow(copy);
    await holds(copy, { a: 3, b: 1 });
    expect(copy.replaced).toBe(0);
  });

  it('notices a push that was lost by the next head', async () => {
    const lose = { on: false };
    publish(lossy(lose));
    const copy = new MemoryCopy();
    follow(copy);
    await put('a', 3);
    await holds(copy, { a: 3 });
    lose.on = true;
    await put('a', 3);
    await holds(copy, { a: 6 });
  });

  it('asks after silence', async () => {
    const lose = { on: false, heads: true };
    publish(lossy(lose));
    const copy = new MemoryCopy();
    follow(copy);
    await put('a', 3);
    await holds(copy, { a: 3 });
    lose.on = true;
    await put('a', 3);
    await holds(copy, { a: 6 });
  });

  it('keeps its copy while the owner is away, and says that it is behind', async () => {
    publish();
    let away = false;
    const copy = new MemoryCopy();
    const lose = { on: false, heads: true };
    const follower = follow(copy, lossy(lose), (request) =>
      away ? Promise.reject(new Error('away')) : ask(request),
    );
    await put('a', 3);
    await holds(copy, { a: 3 });
    away = true;
    backbone.bus.publish(feedSubject('balances'), Buffer.from('{"head":99}'));
    await eventually(() => follower.status.state === 'behind');
    await holds(copy, { a: 3 });
    away = false;
    await eventually(() => follower.status.state === 'current');
  });

  it('is told nothing while the feed is being built anew, then gets it whole', async () => {
    publish();
    const copy = new MemoryCopy();
    follow(copy);
    await put('a', 3);
    await put('b', 1);
    await holds(copy, { a: 3, b: 1 });
    const { id } = (await database.pool.query<{ id: string }>('select id from scheduler.feed')).rows[0] ?? {
      id: '',
    };
    await database.pool.query(`update scheduler.cursor set rebuild_to = 1000`);
    expect(await store.page(balances.name, { name: 'balances', feed: id, after: 0, full: false })).toBeNull();
    expect(await store.heads()).toEqual([]);
    await database.pool.query(
      `update scheduler.cursor set rebuild_to = 0; update scheduler.feed set id = 'another-life'`,
    );
    copy.replaced = 0;
    backbone.bus.publish(feedSubject('balances'), Buffer.from('{"head":1}'));
    await eventually(() => copy.replaced === 1);
    await holds(copy, { a: 3, b: 1 });
  });

  it('reads a large feed in pages and misses no key that goes meanwhile', async () => {
    publish();
    await put('a');
    await eventually(async () => (await store.heads()).length === 1);
    await database.pool.query(`
      insert into scheduler.feed_change (feed, key, number, value)
        select 'balances', 'k' || n, n + 1, json_build_object('balance', n, 'pad', repeat('x', 700)) from generate_series(1, 3000) n;
      update scheduler.feed set head = 3001`);
    let pages = 0;
    const copy = new MemoryCopy();
    follow(copy, backbone.bus, async (request) => {
      pages++;
      const page = await ask(request);
      if (pages === 1)
        await database.pool.query(`
          update scheduler.feed_change set value = null, number = 3002 where key = 'k5'; update scheduler.feed set head = 3002`);
      return page;
    });
    await eventually(() => copy.rows.size === 3_000);
    expect(copy.rows.has('k5')).toBe(false);
    expect(copy.at?.number).toBe(3_002);
    expect(pages).toBeGreaterThan(3);
  });

  it('that knows only what was forgotten gets everything', async () => {
    publish();
    await put('a', 3);
    const copy = new MemoryCopy();
    const first = follow(copy);
    await holds(copy, { a: 3 });
    await backbone.end(first);
    await put('b', 1);
    await eventually(async () => (await store.heads())[0]?.head === 2);
    await database.pool.query(`
      update scheduler.feed_change set value = null, number = 3, at = now() - interval '2 days' where key = 'a';
      update scheduler.feed set head = 3`);
    await store.prune(new Date(Date.now() - 86_400_000));
    copy.replaced = 0;
    follow(copy);
    await holds(copy, { b: 1 });
    expect(copy.replaced).toBe(1);
  });
});

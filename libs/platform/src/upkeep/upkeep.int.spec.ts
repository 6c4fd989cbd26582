import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, streamName } from '@bulkhead/contracts';
import { ownPages, PostgresReactorStore, Reactor, type Journal, type Relay } from '@bulkhead/journal';
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
import { upkeepHandlers } from './upkeep-handlers.js';
import type { Upkept } from './upkept.js';

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

const put = (id: string) =>
  journal.execute(backbone.command({ id: newId() }), async (decision) => {
    const loaded = await decision.load(account, id);
    decision.append(loaded, deposit(1));
  });

const upkept = (relay: Relay, more: Partial<Upkept> = {}): Upkept => ({
  service: 'scheduler',
  schema: 'scheduler',
  database: backbone.database,
  store: backbone.store,
  streams: backbone.streams,
  relay,
  projections: [],
  self: { certificateExpiresAt: () => new Date(), waitingFor: async () => ({}) },
  now: () => new Date(),
  stopping: new AbortController().signal,
  ...more,
});

async function ask(service: Upkept, name: string, input: Readonly<Record<string, unknown>> = {}) {
  const handler = upkeepHandlers<null, null>(service, () => null)[name];
  if (!handler) throw new Error(`no command ${name}`);
  const context = { id: newId(), name, caller: 'api', principal: null, actor: undefined, cause: undefined };
  return (await handler.handle(context, handler.input.parse(input))).result;
}

describe('a journal whose stream is ahead of it', () => {
  /** Three deposits were carried; then the database comes back from before the last two, and the relay finds that and stops. */
  async function restored(): Promise<Relay> {
    const relay = backbone.relay();
    for (let n = 0; n < 3; n++) await put('a');
    await eventually(() => backbone.hasCarried(4));
    await backbone.end(relay);
    await database.pool.query(`
      alter table scheduler.record disable trigger all;
      alter table scheduler.envelope disable trigger all;
      delete from scheduler.envelope where version > 1 and aggregate = 'account/a';
      delete from scheduler.record where position > 2`);
    const stopped = backbone.relay();
    await eventually(() => stopped.status.state === 'stopped');
    journal = backbone.journal();
    return stopped;
  }

  it('is shown with what it lost', async () => {
    const service = upkept(await restored());
    expect(await ask(service, 'journal-status')).toMatchObject({
      head: { position: 2 },
      stream: { lastSequence: 4 },
      relay: { state: 'stopped', why: expect.stringContaining('4') },
      surplus: 2,
    });
    expect(await ask(service, 'journal-surplus')).toMatchObject({
      total: 2,
      envelopes: [
        { position: 3, aggregate: 'account/a' },
        { position: 4, aggregate: 'account/a' },
      ],
    });
  });

  it('takes it in again while other commits wait, which then follow', async () => {
    const service = upkept(await restored());
    await put('b');
    expect(await ask(service, 'reconcile-journal', { how: 'adopt' })).toEqual({ adopted: 2, epoch: null });
    await eventually(async () => (await backbone.store.head()).position === 5);
    expect((await backbone.store.from(3, 5, 1e6)).map(({ aggregate }) => aggregate)).toEqual([
      'account/a',
      'account/a',
      'account/b',
    ]);
  });

  it('does not take in what contradicts a commit made since', async () => {
    const service = upkept(await restored());
    await put('a');
    await expect(ask(service, 'reconcile-journal', { how: 'adopt' })).rejects.toMatchObject({
      code: 'surplus_contradicts',
    });
    expect(await ask(service, 'reconcile-journal', { how: 'new-epoch' })).toMatchObject({ adopted: 0 });
    await eventually(async () => (await backbone.store.head()).position === 4);
  });
});

describe('what a reactor parked', () => {
  it('is handled again once its cause is gone, or passed over', async () => {
    let broken = true;
    const handled: string[] = [];
    const relay = backbone.relay();
    const reactor = new Reactor({
      name: 'test-reactor',
      journal: 'scheduler',
      contracts: accountContracts,
      since: 'beginning',
      streams: backbone.streams,
      pages: ownPages(backbone.store),
      store: new PostgresReactorStore(backbone.database, 'scheduler'),
      handle: async ({ envelope }) => {
        if (broken && envelope.aggregate.type === 'account') throw new Error('the world is away');
        handled.push(envelope.aggregate.id);
      },
    });
    backbone.run(reactor);
    const service = upkept(relay, { reactors: { 'test-reactor': reactor } });
    await put('a');
    await put('b');
    const parked = await eventually(async () => {
      const found = (await ask(service, 'parked')) as { total: number; parked: { work: string }[] };
      return found.total === 2 && found.parked;
    });
    const [first, second] = parked.map(({ work }) => ({ reader: 'test-reactor', work }));
    await expect(ask(service, 'retry-parked', first)).rejects.toMatchObject({ code: 'still_failing' });
    broken = false;
    await ask(service, 'retry-parked', first);
    await ask(service, 'discard-parked', second);
    expect(await ask(service, 'parked')).toMatchObject({ total: 0 });
    expect(handled.filter((id) => id !== 'scheduler')).toEqual(['a']);
    await expect(ask(service, 'retry-parked', first)).rejects.toMatchObject({ code: 'not_parked' });
  });
});

describe('a replay', () => {
  it('is one at a time, and unknown to a copy that did not begin it', async () => {
    const relay = backbone.relay();
    const projector = backbone.projector(balances);
    await put('a');
    await eventually(() => projector.status.state === 'active' && projector.status.cursor.position === 2);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const pages = ownPages(backbone.store);
    const held = { ask: (request: Parameters<typeof pages.ask>[0]) => gate.then(() => pages.ask(request)) };
    const service = upkept(relay, { projections: [{ definition: balances, projector, pages: held }] });
    const handlers = upkeepHandlers<null, null>(service, () => null);
    const on = async (name: string, input: unknown, id = newId()) => {
      const context = { id, name, caller: 'api', principal: null, actor: undefined, cause: undefined };
      return (await handlers[name]?.handle(context, input))?.result;
    };
    const input = { projection: balances.name, swap: false };
    expect(await on('start-replay', input, 'one')).toEqual({ replay: 'one' });
    expect(await on('start-replay', input, 'one')).toEqual({ replay: 'one' });
    await expect(on('start-replay', input, 'two')).rejects.toMatchObject({ code: 'replay_under_way' });
    await expect(ask(service, 'replay-status', { replay: 'one' })).rejects.toMatchObject({
      retryable: true,
      code: 'replay_unknown',
    });
    open();
    await eventually(async () => {
      const status = (await on('replay-status', { replay: 'one' })) as { state: string };
      return status.state === 'done';
    });
  });
});

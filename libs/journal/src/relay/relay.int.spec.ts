import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { streamName } from '@bulkhead/contracts';
import {
  account,
  accountContracts,
  deposit,
  eventually,
  startNats,
  startPostgres,
  TestBackbone,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@bulkhead/testing';
import type { Journal } from '../store/journal.js';
import type { Relay } from './relay.js';

let postgres: TestPostgres;
let nats: TestNats;
let database: TestDatabase;
let backbone: TestBackbone;

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
});
afterAll(() => Promise.all([postgres.stop(), nats.stop()]));
beforeEach(async () => {
  database = await postgres.database();
  backbone = await TestBackbone.start({ contracts: accountContracts, database, nats });
  await backbone.streams.remove(STREAM);
});
afterEach(() => backbone.stop());

const STREAM = streamName('scheduler');

const put = (journal: Journal, id: string, amount = 1) =>
  journal.execute(backbone.command(), async (decision) => {
    const loaded = await decision.load(account, id);
    decision.append(loaded, deposit(amount));
  });

const carried = (relay: Relay, position: number) =>
  eventually(() => relay.status.state === 'carrying' && relay.status.position >= position, {
    describe: () =>
      `the relay is ${JSON.stringify(relay.status)}, ${JSON.stringify(backbone.problems.map(String))}`,
  });

/** Position and envelope of each message, by sequence. */
async function streamContent(): Promise<{ sequence: number; position: string; version: number }[]> {
  const info = await (await backbone.connection.jetstreamManager()).streams.info(STREAM);
  const sequences = Array.from(
    { length: info.state.last_seq - info.state.first_seq + 1 },
    (_, n) => info.state.first_seq + n,
  );
  return Promise.all(
    sequences.map(async (sequence) => {
      const message = await backbone.streams.get(STREAM, sequence);
      const body = JSON.parse(Buffer.from(message?.data ?? []).toString()) as { version: number };
      return { sequence, position: message?.headers['Bh-Position'] ?? '', version: body.version };
    }),
  );
}

describe('a relay', () => {
  it('carries every committed envelope at the sequence of its position', async () => {
    const relay = backbone.relay();
    const journal = backbone.journal(relay);
    await Promise.all(Array.from({ length: 40 }, (_, n) => put(journal, `a${n % 5}`)));
    await carried(relay, 41);
    const content = await streamContent();
    expect(content.map(({ position }) => Number(position))).toEqual(content.map(({ sequence }) => sequence));
    expect(content).toHaveLength(41);
  });

  it('carries what was committed before it started, and keeps an aggregate in the order of its versions', async () => {
    const journal = backbone.journal();
    for (let n = 0; n < 5; n++) await put(journal, 'a');
    await carried(backbone.relay(), 6);
    expect((await streamContent()).slice(1).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
  });

  it('is followed by another when it falls silent, once its leadership has run out', async () => {
    const first = backbone.relay();
    await carried(first, 1);
    // As if it had been frozen in its term: it neither works nor renews nor releases.
    await database.pool.query(`update scheduler.leadership set holder = 'frozen', term = term + 1`);
    await backbone.end(first);
    const second = backbone.relay();
    await put(backbone.journal(second), 'a');
    await carried(second, 2);
    expect((await streamContent()).map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it('has no effect once it no longer leads', async () => {
    await put(backbone.journal(), 'a');
    const leader = { role: 'relay', holder: 'deposed', term: 1 };
    expect(await backbone.store.record(leader, 10)).toEqual([]);
    const { rows } = await database.pool.query('select from scheduler.pending');
    expect(rows).toHaveLength(1);
  });

  it('makes a deleted stream anew under load, from the oldest position on', async () => {
    const relay = backbone.relay();
    const journal = backbone.journal(relay);
    await carried(relay, 1);
    let writing = true;
    const writer = (async () => {
      while (writing) await put(journal, 'a');
    })();
    await carried(relay, 20);
    await backbone.streams.remove(STREAM);
    await eventually(() => backbone.problems.some(({ kind }) => kind === 'repaired'));
    const { position } = await backbone.store.head();
    await carried(relay, position + 5);
    writing = false;
    await writer;
    await eventually(async () => (await database.pool.query('select from scheduler.pending')).rowCount === 0);
    const { position: end } = await backbone.store.head();
    await carried(relay, end);
    expect((await streamContent()).map(({ position }) => Number(position))).toEqual(
      Array.from({ length: end }, (_, n) => n + 1),
    );
  });

  it('repairs a stream that is configured otherwise', async () => {
    const manager = await backbone.connection.jetstreamManager();
    await manager.streams.add({ name: STREAM, subjects: ['bh.event.scheduler.>'], max_msgs: 3 });
    await carried(backbone.relay(), 1);
    const { config } = await manager.streams.info(STREAM);
    expect(config).toMatchObject({ deny_delete: true, deny_purge: true });
    expect(backbone.problems).toContainEqual({
      kind: 'repaired',
      why: expect.stringContaining('deny_delete'),
    });
  });

  it('stops, and does nothing else, when the stream knows more than the journal', async () => {
    const relay = backbone.relay();
    await put(backbone.journal(relay), 'a');
    await carried(relay, 2);
    await backbone.end(relay);
    // A journal restored from an older backup.
    await database.pool.query(
      'alter table scheduler.record disable trigger all; delete from scheduler.record where position = 2',
    );
    await put(backbone.journal(), 'b');
    const restored = backbone.relay();
    await eventually(() => restored.status.state === 'stopped');
    expect(backbone.problems.at(-1)).toMatchObject({ kind: 'ahead' });
    expect((await backbone.store.head()).position).toBe(1);
    expect(await streamContent()).toHaveLength(2);
  });
});

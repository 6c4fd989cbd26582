import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventSubjects, streamName, toTimestamp } from '@bulkhead/contracts';
import {
  CursorMoved,
  NoResponders,
  StreamMissing,
  WrongSequence,
  type Commit,
  type Leader,
  type StreamMessage,
} from '@bulkhead/journal';
import { realGround, simulatedGround, type Ground } from './ground.js';

const digest = Buffer.alloc(32);
const command = (id: string) => ({
  id,
  digest,
  outcome: 'done' as const,
  answer: '{"result":null,"touched":[]}',
});
const TTL_MS = 60_000;

const body = (id: string, aggregate: string, version: number): Buffer => {
  const [type, name] = aggregate.split('/');
  return Buffer.from(
    JSON.stringify({
      id,
      service: 'scheduler',
      aggregate: { type, id: name },
      version,
      command: id,
      actor: { kind: 'service', id: 'scheduler' },
      organization: 'platform',
      occurredAt: toTimestamp(new Date(0)),
      events: [],
    }),
  );
};

const commitOf = (
  id: string,
  ...envelopes: readonly (readonly [aggregate: string, version: number])[]
): Commit => ({
  command: command(id),
  envelopes: envelopes.map(([aggregate, version]) => ({
    id: `${id}-${aggregate}`,
    aggregate,
    version,
    body: body(`${id}-${aggregate}`, aggregate, version),
  })),
});

describe.each([
  ['simulated', simulatedGround],
  ['real', realGround],
])('%s adapters', (_kind, open) => {
  let ground: Ground;
  let relay: Leader;
  beforeAll(async () => {
    ground = await open();
    relay = await taken('relay', 'one');
  }, 120_000);
  afterAll(() => ground.stop());

  const come = <T>(promise: Promise<T>): Promise<T> => ground.come(promise);
  const commit = (what: Commit) => come(ground.stores.journal.work().commit(what));
  const taken = async (role: string, holder: string): Promise<Leader> => {
    const leader = await come(ground.stores.leadership.take(role, holder, TTL_MS));
    if (!leader) throw new Error(`${role} is held already`);
    return leader;
  };

  describe('of a journal', () => {
    it('commit what fits, once, and say what stands against the rest', async () => {
      expect(await commit(commitOf('c1', ['a/1', 1], ['a/2', 1]))).toBe('committed');
      expect(await commit(commitOf('c1', ['a/1', 2]))).toBe('known');
      expect(await commit(commitOf('c2', ['a/1', 1]))).toBe('moved');
      expect(await come(ground.stores.journal.answer('c2'))).toBeNull();
      expect((await come(ground.stores.journal.answer('c1')))?.outcome).toBe('done');
      expect(await commit(commitOf('c3', ['a/1', 2]))).toBe('committed');
      const loaded = await come(
        ground.stores.journal.load([
          { aggregate: 'a/1', after: 0 },
          { aggregate: 'a/2', after: 1 },
          { aggregate: 'a/3', after: 0 },
        ]),
      );
      expect(loaded.map((bodies) => bodies.length)).toEqual([2, 0, 0]);
    });

    it('keep what a decision wrote with its commit, and nothing of one that is abandoned', async () => {
      const advance = `insert into report_cursor (host, stored_up_to) values ($1, $2)
     on conflict (host) do update set stored_up_to = greatest(report_cursor.stored_up_to, excluded.stored_up_to)`;
      const stored = () =>
        come(
          ground.database.query('select stored_up_to::float8 as up_to from report_cursor where host = $1', [
            'h',
          ]),
        );
      const given = ground.stores.journal.work();
      await come(given.sql(advance, ['h', 7]));
      expect(await stored()).toEqual([]);
      await come(given.abandon());
      expect(await stored()).toEqual([]);
      const kept = ground.stores.journal.work();
      await come(kept.sql(advance, ['h', 5]));
      expect(await come(kept.commit(commitOf('c4')))).toBe('committed');
      expect(await stored()).toMatchObject([{ up_to: 5 }]);
    });

    it('have who would change a row wait for who changes it', async () => {
      const hold = `select pg_advisory_xact_lock(hashtext('host number'))`;
      const [first, second] = [ground.stores.journal.work(), ground.stores.journal.work()];
      await come(first.sql(hold));
      const order: string[] = [];
      const waiting = second.sql(hold).then(() => order.push('second'));
      await ground.pause(200);
      order.push('first');
      await come(first.abandon());
      await come(waiting);
      await come(second.abandon());
      expect(order).toEqual(['first', 'second']);
    });
  });

  describe('of leadership', () => {
    it('let one lead at a time, in terms that rise', async () => {
      const { leadership } = ground.stores;
      const leader = await taken('role', 'one');
      expect(await come(leadership.take('role', 'other', TTL_MS))).toBeNull();
      expect(await come(leadership.renew(leader, TTL_MS))).toBe(true);
      await come(leadership.release(leader));
      const next = await taken('role', 'other');
      expect(next.term).toBeGreaterThan(leader.term);
      expect(await come(leadership.renew(leader, TTL_MS))).toBe(false);
    });
  });

  describe('of a relay', () => {
    it('give positions to the leader alone, without gaps, in the order of commits', async () => {
      const store = ground.stores.relay;
      expect(await come(store.record({ ...relay, term: relay.term + 1 }, 10))).toEqual([]);
      const before = await come(store.head());
      const recorded = await come(store.record(relay, 10));
      expect(recorded.map(({ record }) => record.position)).toEqual(
        recorded.map((_, nth) => before.position + 1 + nth),
      );
      expect(recorded.map(({ id }) => id)).toEqual(['c1-a/1', 'c1-a/2', 'c3-a/1']);
      expect(await come(store.record(relay, 10))).toEqual([]);
      expect((await come(store.head())).position).toBe(before.position + 3);
      expect((await come(store.from(before.position + 2, 1, 1))).map(({ id }) => id)).toEqual(['c1-a/2']);
      const ofOne = await come(store.ofAggregate('a/1', 2, 10, 1_000_000));
      expect(ofOne.map(({ id }) => id)).toEqual(['c3-a/1']);
      expect(await come(store.epochs())).toHaveLength(1);
      expect(await come(ground.stores.journal.history('a/1', before.position + 1))).toHaveLength(1);
    });
  });

  describe('of readers', () => {
    const from = { epoch: '', position: 0 };
    const to = { epoch: '1-a', position: 1 };

    it('move a cursor together with its rows, or neither', async () => {
      const { readers } = ground.stores;
      const leader = await taken('projection:p', 'one');
      expect(await come(readers.open('p', 'scheduler'))).toEqual({ cursor: from, rebuildTo: null });
      const step = { leader, reader: 'p', from, to };
      const failed = readers.step(step, async ({ feed }) => {
        await feed([{ feed: 'f', key: 'lost', row: {} }]);
        throw new Error('no');
      });
      await expect(come(failed)).rejects.toThrow('no');
      const stranger = { ...step, leader: { ...leader, term: leader.term + 1 } };
      await expect(come(readers.step(stranger, () => Promise.resolve()))).rejects.toBeInstanceOf(CursorMoved);
      const changes = await come(
        readers.step(step, ({ feed }) =>
          feed([
            { feed: 'f', key: 'a', row: { n: 1 } },
            { feed: 'f', key: 'b', row: null },
          ]),
        ),
      );
      expect(changes.map(({ change }) => [change.number, change.key])).toEqual([
        [1, 'a'],
        [2, 'b'],
      ]);
      await expect(come(readers.step(step, () => Promise.resolve()))).rejects.toBeInstanceOf(CursorMoved);
      expect((await come(readers.open('p', 'scheduler'))).cursor).toEqual(to);
    });

    it('give a feed whole or from a number on, once it is built', async () => {
      const { readers, feeds } = ground.stores;
      const request = { name: 'f', feed: '', after: 0, full: false };
      expect(await come(feeds.page('p', request))).toBeNull();
      await come(readers.rebuildTo('p', 1));
      const whole = await come(feeds.page('p', request));
      expect(whole).toMatchObject({
        full: true,
        head: 2,
        more: false,
        changes: [{ number: 1, key: 'a', row: { n: 1 } }],
      });
      const rest = await come(feeds.page('p', { ...request, feed: whole?.feed ?? '', after: 1 }));
      expect(rest).toMatchObject({ full: false, changes: [{ number: 2, key: 'b', row: null }] });
      expect(await come(feeds.heads())).toEqual([{ name: 'f', head: 2 }]);
    });

    it('pass over what is parked, and undo what an attempt did', async () => {
      const { readers } = ground.stores;
      const leader = await taken('projection:q', 'one');
      await come(readers.open('q', 'scheduler'));
      const parked = { aggregate: 'a/1', version: 1, position: 1, error: 'no' };
      await come(
        readers.step({ leader, reader: 'q', from, to }, async (tx) => {
          const error = await tx.attempt(() => Promise.reject(new Error('no')));
          expect(error).toBeInstanceOf(Error);
          await tx.park(parked);
        }),
      );
      expect(await come(readers.parked('q'))).toMatchObject([parked]);
      expect(await come(readers.discard('q', 'a/1'))).toBe(true);
      expect(await come(readers.parked('q'))).toEqual([]);
    });

    it('begin again from nothing', async () => {
      const { readers, feeds } = ground.stores;
      const leader = { role: 'projection:p', holder: 'one', term: 1 };
      await come(readers.reset(leader, 'p', []));
      expect(await come(readers.open('p', 'scheduler'))).toEqual({ cursor: from, rebuildTo: null });
      expect(await come(feeds.page('p', { name: 'f', feed: '', after: 0, full: false }))).toBeNull();
    });
  });

  describe('of streams', () => {
    const name = streamName('scheduler');
    const limits = { maxAgeMs: 86_400_000, maxBytes: 16 * 2 ** 20, replicas: 1 };
    const settings = { name, subjects: [eventSubjects('scheduler')], firstSequence: 3, ...limits };
    const append = (sequence: number) =>
      ground.streams.append(
        name,
        'bh.event.scheduler.a.1',
        Buffer.from(String(sequence)),
        { N: '1' },
        sequence - 1,
      );

    it('keep messages at the sequences they are meant for, and no others', async () => {
      expect(await come(ground.streams.state(settings))).toBeNull();
      await expect(come(append(3))).rejects.toBeInstanceOf(StreamMissing);
      await come(ground.streams.create(settings));
      await come(append(3));
      await come(append(4));
      await expect(come(append(4))).rejects.toBeInstanceOf(WrongSequence);
      await expect(come(append(6))).rejects.toBeInstanceOf(WrongSequence);
      const state = await come(ground.streams.state(settings));
      expect(state).toMatchObject({ firstSequence: 3, lastSequence: 4, messages: 2, drift: [] });
      const found = await come(ground.streams.get(name, 4));
      expect(Buffer.from(found?.data ?? []).toString()).toBe('4');
      expect(await come(ground.streams.get(name, 5))).toBeNull();
    });

    it('give readers what there is and what comes, in order', async () => {
      const over = new AbortController();
      const read: StreamMessage[] = [];
      const reading = (async () => {
        for await (const batch of ground.streams.read(name, 4, over.signal)) {
          read.push(...batch);
          if (read.length === 2) over.abort();
        }
      })();
      await ground.pause(200);
      await come(append(5));
      await come(reading);
      expect(read.map(({ sequence }) => sequence)).toEqual([4, 5]);
    });

    it('end a reader whose stream is gone', async () => {
      const reading = (async () => {
        for await (const _ of ground.streams.read(name, 6, new AbortController().signal)) continue;
      })();
      reading.catch(() => undefined);
      await ground.pause(200);
      await come(ground.streams.remove(name));
      await expect(come(reading)).rejects.toBeInstanceOf(Error);
    });
  });

  describe('of the bus', () => {
    it('take messages to everybody who listens, and of each queue to one', async () => {
      const heard: string[] = [];
      const closers = [
        ground.bus.subscribe('bh.seen.*', () => heard.push('all')),
        ground.bus.subscribe('bh.seen.x', () => heard.push('queue'), 'q'),
        ground.bus.subscribe('bh.seen.x', () => heard.push('queue'), 'q'),
      ];
      await ground.pause(100);
      ground.bus.publish('bh.seen.x', new Uint8Array());
      ground.bus.publish('bh.seen.y', new Uint8Array());
      await ground.pause(300);
      for (const { close } of closers) close();
      expect(heard.sort()).toEqual(['all', 'all', 'queue']);
    });

    it('bring an answer back, or say that nobody was there', async () => {
      const subject = 'bh.cmd.api.pages.scheduler';
      await expect(
        come(ground.bus.request(subject, new Uint8Array(), { timeoutMs: 500 })),
      ).rejects.toBeInstanceOf(NoResponders);
    });
  });
});

import { Refusal } from '@bulkhead/domain';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  account,
  accountContracts,
  deposit,
  MemoryDataKeys,
  migratedJournal,
  ORGANIZATION,
  startPostgres,
  withdraw,
  type TestDatabase,
  type TestPostgres,
} from '@bulkhead/testing';
import type { Database } from '../ports/sql.js';
import { PostgresJournalStore } from '../postgres/journal-store.js';
import { openLeaves } from '../seal/leaves.js';
import { DataKeySealer } from '../seal/sealer.js';

import type { Command } from './decision.js';
import { Journal } from './journal.js';

let postgres: TestPostgres;
let database: TestDatabase;
let keys: MemoryDataKeys;
let commits: number;
/** As the role of the service. */
let sql: Database;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  database = await postgres.database();
  keys = new MemoryDataKeys();
  commits = 0;
  sql = await migratedJournal(database, 'scheduler');
});

const open = () =>
  new Journal({
    service: 'scheduler',
    store: new PostgresJournalStore(sql, 'scheduler'),
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
    const versions = await database.pool.query<{ version: number }>(
      `select version from scheduler.envelope where aggregate = 'account/hot' order by seq`,
    );
    expect(versions.rows.map(({ version }) => version)).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    expect(await take(open(), 'hot', 60)).toMatchObject({ result: { balance: 0 } });
  });

  it('never spend the same twice', async () => {
    const copies = [open(), open()];
    await put(open(), 'purse', 10);
    const spent = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => take(copies[n % 2] ?? open(), 'purse', 1)),
    );
    expect(spent.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  });

  it('with one id are carried out once', async () => {
    const copies = [open(), open()];
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, n) => put(copies[n % 2] ?? open(), 'a', 5, 'same')),
    );
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect(await count(`envelope where aggregate = 'account/a'`)).toBe(1);
  });
});

describe('commands that come at once', () => {
  const transactions = async () => {
    const { rows } = await database.pool.query('select distinct xmin::text from scheduler.envelope');
    return rows.length;
  };

  it('are committed together, each with an answer of its own', async () => {
    const journal = open();
    const before = await transactions();
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => put(journal, `a${n}`, n)));
    expect(outcomes.map(({ result }) => result.balance)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect((await transactions()) - before).toBeLessThan(5);
    expect(await count('command')).toBe(20);
  });

  it('do not fall with one that another copy was faster than', async () => {
    const [journal, faster] = [open(), open()];
    const beaten = Promise.withResolvers<void>();
    const deposits = ['a', 'b', 'c'].map((id) =>
      journal.execute(command({ id }), async (decision) => {
        const loaded = await decision.load(account, id);
        await beaten.promise;
        decision.append(loaded, deposit(1));
        return loaded.version;
      }),
    );
    await put(faster, 'b', 5);
    beaten.resolve();
    const outcomes = await Promise.all(deposits);
    expect(outcomes.map(({ result }) => result)).toEqual([0, 1, 0]);
    expect(await count('envelope')).toBe(5);
  });

  it('do not fall with one that was carried out before', async () => {
    const [journal, other] = [open(), open()];
    const first = await put(other, 'a', 5, 'once');
    const [again, fresh] = await Promise.all([put(journal, 'a', 5, 'once'), put(journal, 'b', 1)]);
    expect(again).toEqual(first);
    expect(fresh.result).toEqual({ balance: 1 });
  });
});

describe('a decision over several aggregates', () => {
  const move = (journal: Journal, from: string, to: string, amount: number) =>
    journal.execute(command({ from, to, amount }), async (decision) => {
      const [source, target] = await Promise.all([decision.load(account, from), decision.load(account, to)]);
      decision.append(source, withdraw(source.state, amount));
      decision.append(target, deposit(amount));
    });

  it('holds for all of them or for none, however they cross', async () => {
    const copies = [open(), open()];
    await put(open(), 'a', 50);
    await put(open(), 'b', 50);
    await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) =>
        move(copies[n % 2] ?? open(), n % 3 ? 'a' : 'b', n % 3 ? 'b' : 'a', 7),
      ),
    );
    const balance = async (id: string) => {
      const { result } = await open().execute(
        command('read'),
        async (decision) => (await decision.load(account, id)).state.balance,
      );
      return result;
    };
    expect((await balance('a')) + (await balance('b'))).toBe(100);
  });

  it('takes its own statements with it, both ways', async () => {
    await database.pool.query('create table scheduler.lease (id text primary key)');
    const lease = (refuse: boolean) =>
      open().execute(command({ refuse }), async (decision) => {
        await decision.sql(`insert into scheduler.lease values ('l1')`);
        decision.append(await decision.load(account, 'leased'), deposit(1));
        if (refuse) throw new Refusal('leased', 'somebody else has it', 409);
      });
    await expect(lease(true)).rejects.toMatchObject({ code: 'leased' });
    expect(await count('lease')).toBe(0);
    await lease(false);
    expect(await count('lease')).toBe(1);
    expect(await count(`envelope where aggregate = 'account/leased'`)).toBe(1);
  });

  it.each([
    ['more aggregates than a command may touch', 17, 1],
    ['more events than an envelope may hold', 1, 101],
  ])('is stopped at %s', async (_what, aggregates, events) => {
    const many = open().execute(command({ aggregates, events }), async (decision) => {
      for (let n = 0; n < aggregates; n++)
        decision.append(
          await decision.load(account, `a${n}`),
          Array.from({ length: events }, () => deposit(1)).flat(),
        );
    });
    await expect(many).rejects.toThrow(/more than 16 aggregates|101 events/);
    expect(await count('envelope')).toBe(1);
  });
});

describe('sealed fields', () => {
  it('are sealed before anything is stored, and deciders see them sealed', async () => {
    await put(open(), 'a', 5, 'c', 'hunter2');
    const { rows } = await database.pool.query<{ body: Buffer }>(
      `select body from scheduler.envelope where aggregate = 'account/a'`,
    );
    expect(rows[0]?.body.toString()).not.toContain('hunter2');
    const dump = await database.pool.query<{ all: string }>(`select c::text as all from scheduler.command c`);
    expect(JSON.stringify(dump.rows)).not.toContain('hunter2');
    const { state } = await stateOf('a');
    expect(await openLeaves(new DataKeySealer(keys), ORGANIZATION, state.notes)).toEqual([
      { $plain: 'hunter2' },
    ]);
    expect(state.notes).toEqual([{ $sealed: expect.stringMatching(/^v1\./) }]);
  });

  it('refuse a command as retryable while the vault is away, and leave nothing', async () => {
    const journal = open();
    await put(journal, 'a', 1);
    keys.away = true;
    await expect(put(journal, 'a', 5, 'c', 'hunter2')).rejects.toMatchObject({ retryable: true });
    await put(journal, 'a', 5);
    keys.away = false;
    expect(await put(journal, 'a', 5, 'c', 'hunter2')).toMatchObject({ result: { balance: 11 } });
  });

  it('are gone with their key, while decisions go on', async () => {
    await put(open(), 'a', 5, 'c', 'hunter2');
    keys.destroy(ORGANIZATION);
    const journal = open();
    expect(await take(journal, 'a', 2)).toMatchObject({ result: { balance: 3 } });
    const { state } = await stateOf('a');
    expect(await openLeaves(new DataKeySealer(keys), ORGANIZATION, state.notes)).toEqual([{ $erased: true }]);
    await expect(put(journal, 'a', 5, 'd', 'more')).rejects.toMatchObject({
      code: 'data_key_destroyed',
      status: 410,
    });
  });
});

describe('what is stored', () => {
  it('is refused when too large, naming the field', async () => {
    await expect(put(open(), 'a', 1, 'big', 'x'.repeat(300_000))).rejects.toMatchObject({
      code: 'body_too_large',
      status: 413,
      details: { field: 'note' },
    });
    await expect(put(open(), 'a', 1, 'big', 'x'.repeat(300_000))).rejects.toMatchObject({
      code: 'body_too_large',
    });
    expect(await count('envelope')).toBe(1);
  });

  it('fits its contract, or is not stored', async () => {
    const wrong = open().execute(command('wrong'), async (decision) => {
      decision.append(await decision.load(account, 'a'), [{ type: 'Deposited', data: { amount: 0.5 } }]);
    });
    await expect(wrong).rejects.toThrow('expected int');
    expect(await count('command')).toBe(0);
  });

  it('is read from every version ever written', async () => {
    const body = (version: number, events: unknown[]) =>
      Buffer.from(
        JSON.stringify({
          id: `old-${version}`,
          service: 'scheduler',
          aggregate: { type: 'account', id: 'old' },
          version,
          command: `old-${version}`,
          actor: { kind: 'user', id: 'usr_1' },
          organization: ORGANIZATION,
          occurredAt: '2025-01-01T00:00:00.000Z',
          events,
        }),
      );
    await database.pool.query(
      `insert into scheduler.envelope (aggregate, version, id, body) values ('account/old', 1, 'old-1', $1)`,
      [body(1, [{ type: 'Deposited', v: 1, data: { hundredths: 700 } }])],
    );
    expect(await put(open(), 'old', 1)).toMatchObject({ result: { balance: 8 } });
  });

  it('cannot be changed or taken away, not even by its owner', async () => {
    await put(open(), 'a', 5);
    for (const statement of [
      'update scheduler.envelope set version = 9',
      'delete from scheduler.envelope',
      'truncate scheduler.record',
    ])
      await expect(database.pool.query(statement)).rejects.toThrow('inserted and never changed');
  });

  it('refuses its service everything but to read and to add', async () => {
    await put(open(), 'a', 5);
    for (const statement of [
      'update scheduler.envelope set version = 9',
      'delete from scheduler.envelope',
      'truncate scheduler.envelope',
      'update scheduler.record set position = 9',
      'delete from scheduler.record',
      `update scheduler.command set answer = 'other'`,
      'truncate scheduler.command',
      'delete from scheduler.epoch',
      'drop table scheduler.envelope',
      'alter table scheduler.envelope disable trigger keep',
      'alter table scheduler.envelope add column note text',
      'create table scheduler.other (id text)',
      'create or replace function scheduler.keep_rows() returns trigger language plpgsql as $$ begin return null; end $$',
      'alter schema scheduler owner to bulkhead_scheduler',
      'set session_replication_role = replica',
      'set role bulkhead_scheduler_owner',
    ])
      await expect(sql.query(statement)).rejects.toThrow(/permission denied|must be owner/);
    expect(await put(open(), 'a', 1)).toMatchObject({ result: { balance: 6 } });
  });

  it('keeps results from its service, which may forget refusals', async () => {
    await put(open(), 'a', 5, 'kept');
    await expect(sql.query(`delete from scheduler.command where id = 'kept'`)).rejects.toThrow(
      'the result of command kept stays',
    );
  });

  it('is closed to the role of another service', async () => {
    const other = database.open({ user: 'bulkhead_api' });
    await expect(other.query('select from scheduler.envelope')).rejects.toThrow(
      'permission denied for schema',
    );
  });
});

describe('a refusal', () => {
  it('is forgotten after a day, a result never', async () => {
    const journal = open();
    await put(journal, 'a', 1, 'kept');
    await expect(take(journal, 'a', 5, 'refused')).rejects.toMatchObject({ code: 'overdrawn' });
    expect(await journal.forgetOldRefusals()).toBe(0);
    await database.pool.query(`update scheduler.command set at = now() - interval '25 hours'`);
    expect(await journal.forgetOldRefusals()).toBe(1);
    expect(await put(journal, 'a', 1, 'kept')).toMatchObject({ result: { balance: 1 } });
  });
});

describe('when the database drops the connection', () => {
  it('at the commit, the same id finds out what became of it', async () => {
    const journal = open();
    await put(journal, 'a', 1);
    await database.pool.query(`
      create function scheduler.die() returns trigger language plpgsql as $$
        begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
      create trigger die after insert on scheduler.pending for each row execute function scheduler.die()`);
    await expect(put(journal, 'a', 5, 'lost')).rejects.toMatchObject({
      code: 'outcome_unknown',
      status: 504,
      retryable: true,
    });
    await database.pool.query('drop trigger die on scheduler.pending');
    expect(await put(journal, 'a', 5, 'lost')).toMatchObject({ result: { balance: 6 } });
  });

  it('before it, nothing was committed and the error says so', async () => {
    const journal = open();
    await put(journal, 'a', 1);
    const dying = journal.execute(command('dying'), async (decision) => {
      await decision.sql('select pg_terminate_backend(pg_backend_pid())');
    });
    await expect(dying).rejects.toMatchObject({ code: 'database_unavailable', retryable: true });
  });
});

describe('when the database’s disk is full', () => {
  it('nothing was committed, and the same id is carried out once there is room', async () => {
    const journal = open();
    await database.pool.query(`
      create function scheduler.fill() returns trigger language plpgsql as $$
        begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$;
      create trigger fill before insert on scheduler.envelope for each row execute function scheduler.fill()`);
    await expect(put(journal, 'a', 5, 'squeezed')).rejects.toMatchObject({ retryable: true });
    await database.pool.query('drop trigger fill on scheduler.envelope');
    expect(await put(journal, 'a', 5, 'squeezed')).toMatchObject({ result: { balance: 5 } });
  });
});

const stateOf = async (id: string) => {
  const { result } = await open().execute(command({ read: id }), async (decision) => {
    const { state, version } = await decision.load(account, id);
    return { state, version };
  });
  return result;
};

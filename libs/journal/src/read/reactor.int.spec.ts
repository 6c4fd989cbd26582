import 'reflect-metadata';
import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RetryableError, streamName, type EventContracts } from '@bulkhead/contracts';
import {
  account,
  accountContracts,
  deposit,
  eventually,
  startNats,
  startPostgres,
  TestBackbone,
  withdraw,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@bulkhead/testing';
import { PostgresReactorStore } from '../postgres/reactor-store.js';
import { ReactorErrors, ReactorTransport } from '../reactor-transport.js';
import type { Journal } from '../store/journal.js';
import { ownPages } from './pages.js';
import { Reactor, type ReactorEvent, type ReactorOptions } from './reactor.js';

let postgres: TestPostgres;
let nats: TestNats;
let database: TestDatabase;
let backbone: TestBackbone;
let journal: Journal;
let handled: ReactorEvent[];

const STREAM = streamName('scheduler');

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
});
afterAll(() => Promise.all([postgres.stop(), nats.stop()]));
beforeEach(async () => {
  database = await postgres.database();
  backbone = await TestBackbone.start({ contracts: accountContracts, database, nats });
  await backbone.streams.remove(STREAM);
  journal = backbone.journal(backbone.relay());
  handled = [];
});
afterEach(() => backbone.stop());

const put = (id: string, amount = 1) =>
  journal.execute(backbone.command(), async (decision) => {
    const loaded = await decision.load(account, id);
    decision.append(loaded, [...deposit(amount), ...withdraw({ balance: amount, notes: [] }, amount)]);
  });

const options = (): ReactorOptions => ({
  name: 'scheduler-test',
  journal: 'scheduler',
  contracts: accountContracts,
  since: 'beginning',
  streams: backbone.streams,
  pages: ownPages(backbone.store),
  store: new PostgresReactorStore(backbone.database, 'scheduler'),
  report: (error) => backbone.errors.push(error),
  handle: (event) => {
    handled.push(event);
    return Promise.resolve();
  },
});

const react = (overrides: Partial<ReactorOptions> = {}) =>
  backbone.run(new Reactor({ ...options(), ...overrides }));

/** Versions of the account's deposits that were handled, without repeats. */
const versions = () => {
  const deposits = handled.filter(({ event }) => event.type === 'Deposited');
  return [...new Set(deposits.map(({ envelope }) => envelope.version))].sort((a, b) => a - b);
};
const handledUpTo = (last: number) =>
  eventually(() => versions().length === last && versions().at(-1) === last, {
    describe: () => `handled ${versions().join()}; ${backbone.errors.map(String).join('; ')}`,
  });

describe('a reactor', () => {
  it('sees each event, and gives the same command id whenever it sees it', async () => {
    await put('a');
    react();
    await put('a');
    await handledUpTo(2);
    const ids = new Map(
      handled.map(({ event, envelope, commandId }) => [`${envelope.id} ${event.type}`, commandId]),
    );
    expect(new Set(ids.values()).size).toBe(ids.size);
    expect(
      handled.every(
        ({ event, envelope, commandId }) => ids.get(`${envelope.id} ${event.type}`) === commandId,
      ),
    ).toBe(true);
  });

  it('has a message come again that may be retried, and parks what it cannot handle until it is told to retry', async () => {
    let attempts = 0;
    let broken = true;
    const reactor = react({
      handle: async (event) => {
        if (event.envelope.aggregate.id === 'later' && attempts++ < 2)
          throw new RetryableError('away', 'away', 50);
        if (event.envelope.aggregate.id === 'never' && broken) throw new Error('cannot be handled');
        await options().handle(event);
      },
    });
    await put('never');
    await put('later');
    await eventually(() => handled.some(({ envelope }) => envelope.aggregate.id === 'later'));
    expect(await eventually(async () => (await reactor.parked())[0])).toMatchObject({
      position: 2,
      aggregate: 'account/never',
      error: 'Error: cannot be handled',
    });
    await expect(reactor.retry(2)).rejects.toThrow('cannot be handled');
    broken = false;
    expect(await reactor.retry(2)).toBe(true);
    expect(await reactor.parked()).toEqual([]);
    expect(handled.some(({ envelope }) => envelope.aggregate.id === 'never')).toBe(true);
  });

  it('misses nothing when its stream is deleted, with its durable and what was not yet handled', async () => {
    react();
    for (let n = 0; n < 3; n++) await put('a');
    await handledUpTo(3);
    await backbone.streams.remove(STREAM);
    for (let n = 0; n < 5; n++) await put('a');
    await handledUpTo(8);
  });

  it('that was down while the stream was cut reads from the owner what is gone', async () => {
    const first = react();
    await put('a');
    await handledUpTo(1);
    await eventually(
      async () =>
        (await new PostgresReactorStore(backbone.database, 'scheduler').place(
          'scheduler-test',
          'scheduler',
          () => Promise.resolve(0),
        )) === 2,
    );
    await backbone.end(first);
    for (let n = 0; n < 3; n++) await put('a');
    await eventually(() => backbone.hasCarried(5));
    await backbone.stop();
    const manager = await backbone.connection.jetstreamManager();
    await manager.streams.delete(STREAM);
    await manager.streams.add({ name: STREAM, subjects: ['bh.event.scheduler.>'], first_seq: 6 });
    react();
    await handledUpTo(4);
  });

  it('stops at an event newer than itself and leaves it to a newer copy', async () => {
    const old: EventContracts = { ...accountContracts, Deposited: { ...accountContracts.Deposited, v: 1 } };
    const reactor = react({ contracts: old });
    await put('a');
    await eventually(() => reactor.status.state === 'stopped');
    expect(await reactor.parked()).toEqual([]);
    react();
    await handledUpTo(1);
  });
});

@Controller()
class Notes {
  static seen: string[] = [];
  static failures = 1;

  @EventPattern('Withdrawn')
  withdrawn({ event, envelope }: ReactorEvent): void {
    if (Notes.failures-- > 0) throw new RetryableError('away', 'away', 20);
    Notes.seen.push(`${event.type} ${envelope.aggregate.id}`);
  }
}

@Module({ controllers: [Notes] })
class NotesModule {}

describe("Nest's transport strategy", () => {
  it('hands events to @EventPattern handlers, and understands their errors', async () => {
    const { handle: _, ...rest } = options();
    const strategy = new ReactorTransport({ ...rest, name: 'nest-test' });
    const app: INestMicroservice = await NestFactory.createMicroservice(NotesModule, {
      strategy,
      logger: false,
      abortOnError: false,
    });
    app.useGlobalFilters(new ReactorErrors());
    await app.listen();
    await put('a');
    await eventually(() => Notes.seen.length > 0);
    expect(Notes.seen).toEqual(['Withdrawn a']);
    expect(await strategy.reactor.parked()).toEqual([]);
    await app.close();
  });
});

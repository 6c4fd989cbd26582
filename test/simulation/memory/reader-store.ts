import type { Cursor, Service } from '@bulkhead/contracts';
import {
  CursorMoved,
  type FeedPut,
  type Leader,
  type NumberedChange,
  type Parked,
  type ReaderPlace,
  type ReaderStore,
  type Step,
  type StepTransaction,
} from '@bulkhead/journal';
import { z } from 'zod';
import type { Connection } from './journal-stores.js';
import { attempt, inTransaction, sqlOf } from './sql.js';
import type { Transaction } from './transaction.js';

const cursorRow = z.object({
  journal: z.string(),
  epoch: z.string(),
  position: z.number(),
  rebuildTo: z.number().nullable(),
});
const feedRow = z.object({ id: z.string(), head: z.number(), floor: z.number(), reader: z.string() });

/** Readers' cursors, parked aggregates and feeds as rows of a schema. */
export class MemoryReaderStore implements ReaderStore {
  constructor(private readonly connection: Connection) {}

  open(reader: string, journal: Service): Promise<ReaderPlace> {
    return this.connection.alone((tx) => {
      if (!tx.get('cursor', reader))
        tx.put('cursor', reader, { journal, epoch: '', position: 0, rebuildTo: null });
      const { epoch, position, rebuildTo } = cursorOf(tx, reader);
      return { cursor: { epoch, position }, rebuildTo };
    });
  }

  rebuildTo(reader: string, position: number): Promise<void> {
    return this.connection.alone((tx) => {
      const cursor = cursorOf(tx, reader);
      if (cursor.rebuildTo === null) tx.put('cursor', reader, { ...cursor, rebuildTo: position });
    });
  }

  step<T>(
    { leader, reader, from, to }: Step,
    work: (transaction: StepTransaction) => Promise<T>,
  ): Promise<T> {
    return this.transaction(async (tx) => {
      await this.connection.server.statement(tx, () => move(tx, leader, reader, from, to));
      return work(this.stepTransaction(tx, reader));
    });
  }

  reset(leader: Leader, reader: string, tables: readonly string[]): Promise<void> {
    const fresh = this.connection.process.random.id();
    return this.connection.alone((tx) => {
      const cursor = cursorOf(tx, reader);
      move(tx, leader, reader, cursor, { epoch: '', position: 0 });
      tx.put('cursor', reader, { ...cursor, epoch: '', position: 0, rebuildTo: null });
      for (const table of tables) for (const key of tx.schema.table(table).keys()) tx.put(table, key, null);
      for (const row of parkedOf(tx, reader)) tx.put('parked', `${reader}\n${row.aggregate}`, null);
      for (const [name, row] of tx.schema.table('feed')) {
        const feed = feedRow.parse(row);
        if (feed.reader !== reader) continue;
        for (const [key, change] of tx.schema.table('feed_change'))
          if (change['feed'] === name) tx.put('feed_change', key, null);
        tx.put('feed', name, { ...feed, id: fresh, head: feed.head + 1, floor: feed.head + 1 });
      }
    });
  }

  parked(reader?: string): Promise<readonly Parked[]> {
    return this.connection.alone((tx) => parkedOf(tx, reader));
  }

  unpark<T>(
    reader: string,
    aggregate: string,
    work: (parked: Parked, cursor: Cursor, transaction: StepTransaction) => Promise<T>,
  ): Promise<T | null> {
    return this.transaction(async (tx) => {
      const found = await this.connection.server.statement(tx, () => {
        tx.lock('cursor', reader);
        const parked = parkedOf(tx, reader).find((row) => row.aggregate === aggregate);
        if (parked) tx.put('parked', `${reader}\n${aggregate}`, null);
        const { epoch, position } = cursorOf(tx, reader);
        return { parked, cursor: { epoch, position } };
      });
      return found.parked ? work(found.parked, found.cursor, this.stepTransaction(tx, reader)) : null;
    });
  }

  discard(reader: string, aggregate: string): Promise<boolean> {
    return this.connection.alone((tx) => {
      const key = `${reader}\n${aggregate}`;
      const isParked = tx.get('parked', key) !== null;
      if (isParked) tx.put('parked', key, null);
      return isParked;
    });
  }

  private transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const { server, process, schema } = this.connection;
    const tx = server.begin(process, schema);
    return inTransaction(server, tx, () => work(tx));
  }

  private stepTransaction(tx: Transaction, reader: string): StepTransaction {
    const { server, statements, process } = this.connection;
    return {
      sql: sqlOf(server, tx, statements),
      parked: new Set(parkedOf(tx, reader).map(({ aggregate }) => aggregate)),
      attempt: (work) => attempt(tx, work),
      park: (entry) =>
        server.statement(tx, () =>
          tx.put('parked', `${reader}\n${entry.aggregate}`, { ...entry, reader, at: tx.schema.now() }),
        ),
      feed: (puts) =>
        puts.length === 0
          ? Promise.resolve([])
          : server.statement(tx, () => writeFeeds(tx, reader, process.random.id(), puts)),
    };
  }
}

function cursorOf(tx: Transaction, reader: string): z.infer<typeof cursorRow> {
  const row = tx.get('cursor', reader);
  if (!row) throw new Error(`projection ${reader} has no cursor: it has never run`);
  return cursorRow.parse(row);
}

function move(tx: Transaction, leader: Leader, reader: string, from: Cursor, to: Cursor): void {
  tx.lock('cursor', reader);
  const cursor = cursorOf(tx, reader);
  if (cursor.epoch !== from.epoch || cursor.position !== from.position || !tx.schema.leads(leader))
    throw new CursorMoved(`${reader} is no longer at ${from.position}, or another copy leads`);
  tx.put('cursor', reader, { ...cursor, ...to });
}

const parkedRow = z.object({
  reader: z.string(),
  aggregate: z.string(),
  version: z.number(),
  position: z.number(),
  error: z.string(),
  at: z.date(),
});

const parkedOf = (tx: Transaction, reader?: string): Parked[] =>
  tx
    .all('parked')
    .map((row) => parkedRow.parse(row))
    .filter((row) => reader === undefined || row.reader === reader);

/** Numbers changes without gaps per feed and keeps the last of each key. */
function writeFeeds(
  tx: Transaction,
  reader: string,
  freshId: string,
  puts: readonly FeedPut[],
): NumberedChange[] {
  return puts.map(({ feed, key, row }) => {
    const known = tx.get('feed', feed);
    const before = known ? feedRow.parse(known) : { id: freshId, head: 0, floor: 0, reader };
    const number = before.head + 1;
    tx.put('feed', feed, { ...before, head: number });
    tx.put('feed_change', `${feed}\n${key}`, { feed, key, number, value: row, at: tx.schema.now() });
    return { feed, change: { number, key, row } };
  });
}

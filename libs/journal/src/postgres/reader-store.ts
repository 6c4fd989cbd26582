import type { Cursor, Service } from '@bulkhead/contracts';
import type { Leader } from '../leadership/leadership.js';
import { systemRandom, type Random } from '../ports/random.js';
import type { Database, Row, Sql } from '../ports/sql.js';
import type { Parked } from '../read/projection.js';
import {
  CursorMoved,
  type ReaderPlace,
  type ReaderStore,
  type Step,
  type StepTransaction,
} from '../read/reader-store.js';
import { writeFeeds } from './feed-sql.js';
import { attempt } from './savepoint.js';
import { checkedName } from './schema.js';

interface ParkedRow extends Row {
  readonly reader: string;
  readonly aggregate: string;
  readonly version: number;
  readonly position: string;
  readonly error: string;
  readonly at: Date;
}

const toParked = ({ reader, aggregate, version, position, error, at }: ParkedRow): Parked => ({
  reader,
  aggregate,
  version,
  position: Number(position),
  error,
  at,
});

/** Readers' cursors and parked aggregates in a service's schema. */
export class PostgresReaderStore implements ReaderStore {
  private readonly schema: string;

  constructor(
    private readonly database: Database,
    schema: string,
    private readonly random: Random = systemRandom,
  ) {
    this.schema = checkedName(schema);
  }

  async open(reader: string, journal: Service): Promise<ReaderPlace> {
    const { schema } = this;
    await this.database.query(
      `insert into ${schema}.cursor (reader, journal, epoch, position) values ($1, $2, '', 0) on conflict do nothing`,
      [reader, journal],
    );
    const [row] = await this.database.query<{ rebuild_to: string | null }>(
      `select rebuild_to from ${schema}.cursor where reader = $1`,
      [reader],
    );
    const rebuildTo = row?.rebuild_to ?? null;
    return {
      cursor: await this.cursorOf(this.database, reader),
      rebuildTo: rebuildTo === null ? null : Number(rebuildTo),
    };
  }

  async rebuildTo(reader: string, position: number): Promise<void> {
    await this.database.query(
      `update ${this.schema}.cursor set rebuild_to = $2 where reader = $1 and rebuild_to is null`,
      [reader, position],
    );
  }

  step<T>(
    { leader, reader, from, to }: Step,
    work: (transaction: StepTransaction) => Promise<T>,
  ): Promise<T> {
    return this.database.transaction(async (sql) => {
      await this.searchSchema(sql);
      await this.move(sql, leader, reader, from, to);
      return work(await this.stepTransaction(sql, reader));
    });
  }

  reset(leader: Leader, reader: string, tables: readonly string[]): Promise<void> {
    return this.database.transaction(async (sql) => {
      await this.searchSchema(sql);
      await this.move(sql, leader, reader, await this.cursorOf(sql, reader), { epoch: '', position: 0 });
      await sql.query('update cursor set rebuild_to = null where reader = $1', [reader]);
      for (const table of tables) await sql.query(`delete from ${checkedName(table)}`);
      await sql.query('delete from parked where reader = $1', [reader]);
      await sql.query('delete from feed_change c using feed f where f.name = c.feed and f.reader = $1', [
        reader,
      ]);
      await sql.query('update feed set id = $2, head = head + 1, floor = head + 1 where reader = $1', [
        reader,
        this.random.id(),
      ]);
    });
  }

  async parked(reader?: string): Promise<readonly Parked[]> {
    const rows = await this.database.query<ParkedRow>(
      `select * from ${this.schema}.parked where $1::text is null or reader = $1 order by at`,
      [reader ?? null],
    );
    return rows.map(toParked);
  }

  async unpark<T>(
    reader: string,
    aggregate: string,
    work: (parked: Parked, cursor: Cursor, transaction: StepTransaction) => Promise<T>,
  ): Promise<T | null> {
    return this.database.transaction(async (sql) => {
      await this.searchSchema(sql);
      const cursor = await this.cursorOf(sql, reader, 'for update');
      const [row] = await sql.query<ParkedRow>(
        'delete from parked where reader = $1 and aggregate = $2 returning *',
        [reader, aggregate],
      );
      return row ? work(toParked(row), cursor, await this.stepTransaction(sql, reader)) : null;
    });
  }

  async discard(reader: string, aggregate: string): Promise<boolean> {
    const rows = await this.database.query(
      `delete from ${this.schema}.parked where reader = $1 and aggregate = $2 returning 1`,
      [reader, aggregate],
    );
    return rows.length > 0;
  }

  /** Projections name tables without schema. */
  private async searchSchema(sql: Sql): Promise<void> {
    await sql.query(`set local search_path = ${this.schema}`);
  }

  private async cursorOf(sql: Sql, reader: string, lock: 'for update' | '' = ''): Promise<Cursor> {
    const [row] = await sql.query<{ epoch: string; position: string }>(
      `select epoch, position from ${this.schema}.cursor where reader = $1 ${lock}`,
      [reader],
    );
    if (!row)
      throw new Error(`projection ${reader} has no cursor in schema ${this.schema}: it has never run`);
    return { epoch: row.epoch, position: Number(row.position) };
  }

  private async move(
    sql: Sql,
    { role, holder, term }: Leader,
    reader: string,
    from: Cursor,
    to: Cursor,
  ): Promise<void> {
    const moved = await sql.prepared(
      `${this.schema}.move`,
      `update ${this.schema}.cursor set epoch = $2, position = $3 where reader = $1 and epoch = $4 and position = $5
         and exists (select from ${this.schema}.leadership where role = $6 and holder = $7 and term = $8 and expires_at > clock_timestamp())
       returning 1`,
      [reader, to.epoch, to.position, from.epoch, from.position, role, holder, term],
    );
    if (moved.length === 0)
      throw new CursorMoved(`${reader} is no longer at ${from.position}, or another copy leads`);
  }

  private async stepTransaction(sql: Sql, reader: string): Promise<StepTransaction> {
    const parked = await sql.prepared<{ aggregate: string }>(
      `${this.schema}.parked`,
      `select aggregate from ${this.schema}.parked where reader = $1`,
      [reader],
    );
    return {
      sql,
      parked: new Set(parked.map(({ aggregate }) => aggregate)),
      attempt: (work) => attempt(sql, work),
      park: async ({ aggregate, version, position, error }) => {
        await sql.query(
          'insert into parked (reader, aggregate, version, position, error) values ($1, $2, $3, $4, $5)',
          [reader, aggregate, version, position, error],
        );
      },
      feed: (puts) => writeFeeds(sql, this.schema, reader, this.random.id(), puts),
    };
  }
}

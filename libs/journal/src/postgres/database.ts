import pg from 'pg';
import {
  DatabaseUnavailable,
  TransactionConflict,
  UniqueViolation,
  type Database,
  type Row,
  type Sql,
  type SqlValue,
  type Transaction,
} from '../ports/sql.js';

/** Journal and readers on a Postgres pool. Positions fit a double, so callers turn int8 into numbers themselves. */
export const postgresDatabase = (pool: pg.Pool): Database => new PoolDatabase(pool);

interface Queryable {
  query(config: pg.QueryConfig): Promise<pg.QueryResult>;
}

const runOn = (client: Queryable): Sql => ({
  query: <R extends Row>(text: string, values: readonly SqlValue[] = []) =>
    run<R>(client, { text, values: [...values] }),
  prepared: <R extends Row>(name: string, text: string, values: readonly SqlValue[]) =>
    run<R>(client, { name, text, values: [...values] }),
});

async function run<R extends Row>(client: Queryable, config: pg.QueryConfig): Promise<R[]> {
  try {
    const { rows } = await client.query(config);
    return rows;
  } catch (error) {
    throw databaseError(error);
  }
}

class PoolDatabase implements Database {
  private readonly sql: Sql;
  readonly query: Sql['query'];
  readonly prepared: Sql['prepared'];

  constructor(private readonly pool: pg.Pool) {
    this.sql = runOn(pool);
    this.query = this.sql.query;
    this.prepared = this.sql.prepared;
  }

  async begin(isolation?: 'repeatable read'): Promise<Transaction> {
    const client = await this.connect();
    try {
      return await beginOn(client, isolation, (broken) => release(client, broken));
    } catch (error) {
      release(client, true);
      throw error;
    }
  }

  transaction<T>(work: (tx: Sql) => Promise<T>, isolation?: 'repeatable read'): Promise<T> {
    return within(this, work, isolation);
  }

  async session<T>(work: (session: Database) => Promise<T>): Promise<T> {
    const client = await this.connect();
    try {
      return await work(new SessionDatabase(client));
    } finally {
      release(client, true);
    }
  }

  private async connect(): Promise<pg.PoolClient> {
    try {
      const client = await this.pool.connect();
      client.on('error', ignoreLoss);
      return client;
    } catch (error) {
      throw databaseError(error);
    }
  }
}

/** A connection lost while it is in use: whoever uses it hears of it from their statement. */
const ignoreLoss = (): void => undefined;

function release(client: pg.PoolClient, broken: boolean): void {
  client.off('error', ignoreLoss);
  client.release(broken);
}

class SessionDatabase implements Database {
  private readonly sql: Sql;
  readonly query: Sql['query'];
  readonly prepared: Sql['prepared'];

  constructor(private readonly client: pg.PoolClient) {
    this.sql = runOn(client);
    this.query = this.sql.query;
    this.prepared = this.sql.prepared;
  }

  begin(isolation?: 'repeatable read'): Promise<Transaction> {
    return beginOn(this.client, isolation, () => undefined);
  }
  transaction<T>(work: (tx: Sql) => Promise<T>, isolation?: 'repeatable read'): Promise<T> {
    return within(this, work, isolation);
  }
  session<T>(work: (session: Database) => Promise<T>): Promise<T> {
    return work(this);
  }
}

async function beginOn(
  client: pg.PoolClient,
  isolation: 'repeatable read' | undefined,
  release: (broken: boolean) => void,
): Promise<Transaction> {
  const sql = runOn(client);
  await sql.query(isolation ? 'begin isolation level repeatable read' : 'begin');
  let over = false;
  const end = (broken: boolean) => {
    if (!over) release(broken);
    over = true;
  };
  return {
    ...sql,
    async commit() {
      try {
        await sql.query('commit');
      } catch (error) {
        end(true);
        throw error;
      }
      end(false);
    },
    async rollback() {
      if (over) return;
      await sql.query('rollback').then(
        () => end(false),
        () => end(true),
      );
    },
  };
}

async function within<T>(
  database: Database,
  work: (tx: Sql) => Promise<T>,
  isolation?: 'repeatable read',
): Promise<T> {
  const tx = await database.begin(isolation);
  let result: T;
  try {
    result = await work(tx);
  } catch (error) {
    await tx.rollback();
    throw error;
  }
  await tx.commit();
  return result;
}

/** Connection trouble: class 08, shutdowns (57P0x), no disk, memory or connections left (class 53), and what the socket itself says. */
const UNAVAILABLE = /^(08...|57P0[1-5]|53...|ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH)$/;
const LOST = /terminat|timeout exceeded when trying to connect|not queryable|Connection ended/i;

/** What the driver's error means in the words of this port; anything else as it is. */
export function databaseError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === '23505' && error instanceof pg.DatabaseError)
    return new UniqueViolation(error.constraint ?? '', { cause: error });
  if (code === '40001' || code === '40P01') return new TransactionConflict(error.message, { cause: error });
  return isDatabaseAway(error) ? new DatabaseUnavailable(error.message, { cause: error }) : error;
}

/** Whether an error, of this library's or of whatever else speaks to Postgres, says that the database is away or has no room. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error instanceof DatabaseUnavailable || UNAVAILABLE.test(code) || LOST.test(error.message);
}

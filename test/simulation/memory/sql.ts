import {
  DatabaseUnavailable,
  TransactionConflict,
  type Database,
  type Row,
  type Sql,
  type SqlValue,
} from '@bulkhead/journal';
import type { DatabaseServer } from './database.js';
import type { Connection } from './journal-stores.js';
import type { Transaction } from './transaction.js';

/** What a statement does, and the rows it returns. Done again where it met a locked row. */
export type Statement = (tx: Transaction, values: readonly SqlValue[]) => Row[];
/** By their text, in one line. */
export type Statements = ReadonlyMap<string, Statement>;

const inOneLine = new Map<string, string>();

/** A statement's text as it is looked up. */
export function oneLine(text: string): string {
  const known = inOneLine.get(text) ?? text.replace(/\s+/g, ' ').trim();
  inOneLine.set(text, known);
  return known;
}

function statementOf(statements: Statements, text: string): Statement {
  const found = statements.get(oneLine(text));
  if (!found) throw new Error(`the simulated database does not know the statement ${oneLine(text)}`);
  return found;
}

/** The statements of a service in one transaction. */
export function sqlOf(server: DatabaseServer, tx: Transaction, statements: Statements): Sql {
  const query = <R extends Row>(text: string, values: readonly SqlValue[] = []): Promise<R[]> => {
    const statement = statementOf(statements, text);
    return server.statement(tx, () => statement(tx, values) as R[]);
  };
  return { query, prepared: (_name, text, values) => query(text, values) };
}

/** A service's own tables, by the statements it has. */
export function memoryDatabase(connection: Connection): Database {
  const { server, process, schema, statements } = connection;
  const query = <R extends Row>(text: string, values: readonly SqlValue[] = []): Promise<R[]> => {
    const statement = statementOf(statements, text);
    return connection.alone((tx) => statement(tx, values) as R[]);
  };
  const unknown = () => Promise.reject(new Error('the simulated database has no such transactions'));
  return {
    query,
    prepared: (_name, text, values) => query(text, values),
    begin: unknown,
    session: unknown,
    async transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
      const tx = server.begin(process, schema);
      return inTransaction(server, tx, () => work(sqlOf(server, tx, statements)));
    },
  };
}

/** Commits what `work` did, or rolls back and rethrows. */
export async function inTransaction<T>(
  server: DatabaseServer,
  tx: Transaction,
  work: () => Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await server.rollback(tx);
    throw error;
  }
  await server.commit(tx);
  return result;
}

/** Undoes what `work` did where it fails, and gives its error; the transaction's own errors are thrown. */
export async function attempt(tx: Transaction, work: () => Promise<void>): Promise<unknown> {
  const mark = tx.mark();
  try {
    await work();
  } catch (error) {
    if (error instanceof DatabaseUnavailable || error instanceof TransactionConflict) throw error;
    tx.undoTo(mark);
    return error ?? new Error('failed without an error');
  }
  return undefined;
}

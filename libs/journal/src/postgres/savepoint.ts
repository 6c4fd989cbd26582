import { DatabaseUnavailable, TransactionConflict, type Sql } from '../ports/sql.js';

/** Undoes what `work` did where it fails, and gives its error. Errors of the transaction itself are thrown. */
export async function attempt(sql: Sql, work: () => Promise<void>): Promise<unknown> {
  await sql.query('savepoint attempt');
  try {
    await work();
  } catch (error) {
    if (error instanceof DatabaseUnavailable || error instanceof TransactionConflict) throw error;
    await sql.query('rollback to savepoint attempt');
    return error ?? new Error('failed without an error');
  }
  await sql.query('release savepoint attempt');
  return undefined;
}

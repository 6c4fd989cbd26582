export type Row = Readonly<Record<string, unknown>>;
export type SqlValue =
  string | number | boolean | null | Date | Uint8Array | readonly (string | number | Buffer)[];

/** One SQL session or transaction. */
export interface Sql {
  /** @throws UniqueViolation | TransactionConflict | DatabaseUnavailable, else the driver's own error. */
  query<R extends Row = Row>(text: string, values?: readonly SqlValue[]): Promise<R[]>;
  /** Like `query`, for a statement worth preparing once per connection under this name. */
  prepared<R extends Row = Row>(name: string, text: string, values: readonly SqlValue[]): Promise<R[]>;
}

export interface Transaction extends Sql {
  commit(): Promise<void>;
  /** Never rejects: a connection that can't roll back is closed, which rolls back as well. */
  rollback(): Promise<void>;
}

export interface Database extends Sql {
  begin(isolation?: 'repeatable read'): Promise<Transaction>;
  /** Commits what `work` did, or rolls back and rethrows. */
  transaction<T>(work: (tx: Sql) => Promise<T>, isolation?: 'repeatable read'): Promise<T>;
  /** A connection of its own for as long as `work` runs: what temporary tables live in. */
  session<T>(work: (session: Database) => Promise<T>): Promise<T>;
}

export class UniqueViolation extends Error {
  override readonly name = 'UniqueViolation';
  constructor(
    readonly constraint: string,
    options?: ErrorOptions,
  ) {
    super(`unique constraint ${constraint} is violated`, options);
  }
}

/** Serialization failure or deadlock: nothing was committed, the transaction may be run again. */
export class TransactionConflict extends Error {
  override readonly name = 'TransactionConflict';
}

/** The database can't be reached or dropped the connection; nothing was committed. */
export class DatabaseUnavailable extends Error {
  override readonly name: string = 'DatabaseUnavailable';
}

/** The connection went while a commit was under way: it may have taken effect. */
export class CommitUnknown extends DatabaseUnavailable {
  override readonly name = 'CommitUnknown';
}

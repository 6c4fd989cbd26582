import {
  CommitUnknown,
  DatabaseUnavailable,
  type Database,
  type Row,
  type SqlValue,
  type Transaction,
} from '../ports/sql.js';
import type { Answer, Commit, CommitResult, JournalStore, Work } from '../store/store.js';
import { Commits, insertCommits } from './commits.js';
import { Loads, type Wanted } from './loads.js';
import { checkedName } from './schema.js';

type AnswerRow = { digest: Buffer; outcome: 'done' | 'refused'; answer: string };

/** A journal in one schema of a Postgres database. */
export class PostgresJournalStore implements JournalStore {
  private readonly schema: string;
  private readonly loads: Loads;
  private readonly commits: Commits;

  constructor(
    private readonly database: Database,
    schema: string,
  ) {
    this.schema = checkedName(schema);
    this.loads = new Loads(database, this.schema);
    this.commits = new Commits(database, this.schema);
  }

  load(wanted: readonly Wanted[]): Promise<Buffer[][]> {
    return this.loads.load(wanted);
  }

  work(): Work {
    return new PostgresWork(this.database, this.schema, this.commits);
  }

  async answer(command: string): Promise<Answer | null> {
    const [row] = await this.database.query<AnswerRow>(
      `select digest, outcome, answer from ${this.schema}.command where id = $1`,
      [command],
    );
    return row ?? null;
  }

  async forgetRefusals(before: Date): Promise<number> {
    const gone = await this.database.query(
      `delete from ${this.schema}.command where outcome = 'refused' and at < $1 returning 1`,
      [before],
    );
    return gone.length;
  }

  async epoch(): Promise<string> {
    const [row] = await this.database.query<{ id: string }>(
      `select id from ${this.schema}.epoch order by last_position desc limit 1`,
    );
    if (!row) throw new Error(`the journal of schema ${this.schema} has no epoch: migrate it first`);
    return row.id;
  }

  async history(aggregate: string, upTo: number): Promise<Buffer[]> {
    const rows = await this.database.query<{ body: Buffer }>(
      `select e.body from ${this.schema}.envelope e join ${this.schema}.record r on r.seq = e.seq
       where e.aggregate = $1 and r.position <= $2 order by e.version`,
      [aggregate, upTo],
    );
    return rows.map(({ body }) => body);
  }

  async positionAt(time: Date): Promise<number> {
    const [row] = await this.database.query<{ position: string }>(
      `select position from ${this.schema}.record where recorded_at <= $1 order by recorded_at desc, position desc limit 1`,
      [time],
    );
    return Number(row?.position ?? 0);
  }
}

/** Committed along with others where a decision has no SQL of its own, else in a transaction from its first statement on. */
class PostgresWork implements Work {
  private transaction: Promise<Transaction> | undefined;

  constructor(
    private readonly database: Database,
    private readonly schema: string,
    private readonly commits: Commits,
  ) {}

  async sql<R extends Row>(text: string, values?: readonly SqlValue[]): Promise<R[]> {
    this.transaction ??= this.database.begin();
    return (await this.transaction).query<R>(text, values);
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const tx = await this.transaction;
    if (!tx) return this.commits.commit(commit);
    try {
      const result = await insertCommits(tx, this.schema, [commit]);
      if (result === 'committed') await commitKnowingly(tx);
      else await this.abandon();
      return result;
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  async abandon(): Promise<void> {
    const begun = this.transaction;
    this.transaction = undefined;
    const tx = await begun?.catch(() => undefined);
    await tx?.rollback();
  }
}

async function commitKnowingly(tx: Transaction): Promise<void> {
  try {
    await tx.commit();
  } catch (error) {
    throw error instanceof DatabaseUnavailable ? new CommitUnknown(error.message, { cause: error }) : error;
  }
}

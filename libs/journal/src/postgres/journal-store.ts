import {
  CommitUnknown,
  DatabaseUnavailable,
  UniqueViolation,
  type Database,
  type Row,
  type Sql,
  type SqlValue,
  type Transaction,
} from '../ports/sql.js';
import type { Answer, Commit, CommitResult, JournalStore, Work } from '../store/store.js';
import { checkedName } from './schema.js';

type AnswerRow = { digest: Buffer; outcome: 'done' | 'refused'; answer: string };

/** A journal in one schema of a Postgres database. */
export class PostgresJournalStore implements JournalStore {
  private readonly schema: string;

  constructor(
    private readonly database: Database,
    schema: string,
  ) {
    this.schema = checkedName(schema);
  }

  /** The lateral keeps the planner, which has no statistics of a young table, at one look into the index per aggregate. */
  async load(wanted: readonly { readonly aggregate: string; readonly after: number }[]): Promise<Buffer[][]> {
    const rows = await this.database.prepared<{ which: number; body: Buffer }>(
      `${this.schema}.load`,
      `select w.which::int as which, e.body
       from unnest($1::text[], $2::int[]) with ordinality as w(aggregate, after, which),
         lateral (select v.version, v.body from ${this.schema}.envelope v
                  where v.aggregate = w.aggregate and v.version > w.after order by v.version offset 0) e
       order by w.which, e.version`,
      [wanted.map(({ aggregate }) => aggregate), wanted.map(({ after }) => after)],
    );
    const bodies: Buffer[][] = wanted.map(() => []);
    for (const { which, body } of rows) bodies[which - 1]?.push(body);
    return bodies;
  }

  work(): Work {
    return new PostgresWork(this.database, this.schema);
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

/** One statement on its own where a decision has no SQL of its own, else a transaction from its first statement on. */
class PostgresWork implements Work {
  private transaction: Promise<Transaction> | undefined;

  constructor(
    private readonly database: Database,
    private readonly schema: string,
  ) {}

  async sql<R extends Row>(text: string, values?: readonly SqlValue[]): Promise<R[]> {
    this.transaction ??= this.database.begin();
    return (await this.transaction).query<R>(text, values);
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const tx = await this.transaction;
    try {
      await this.insert(tx ?? this.database, commit);
      await tx?.commit();
      return 'committed';
    } catch (error) {
      await this.abandon();
      if (error instanceof UniqueViolation && error.constraint === 'command_pkey') return 'known';
      if (error instanceof UniqueViolation && error.constraint === 'envelope_aggregate_version_key')
        return 'moved';
      throw error instanceof DatabaseUnavailable ? new CommitUnknown(error.message, { cause: error }) : error;
    }
  }

  async abandon(): Promise<void> {
    const begun = this.transaction;
    this.transaction = undefined;
    const tx = await begun?.catch(() => undefined);
    await tx?.rollback();
  }

  private async insert(sql: Sql, { command, envelopes }: Commit): Promise<void> {
    const values = [command.id, command.digest, command.outcome, command.answer];
    await sql.prepared(`${this.schema}.commit${envelopes.length}`, this.insertText(envelopes.length), [
      ...values,
      ...envelopes.flatMap(({ aggregate, version, id, body }) => [aggregate, version, id, body]),
    ]);
  }

  private insertText(envelopes: number): string {
    const command = `insert into ${this.schema}.command (id, digest, outcome, answer) values ($1, $2, $3, $4)`;
    if (envelopes === 0) return command;
    const rows = Array.from({ length: envelopes }, (_, row) => {
      const first = 5 + row * 4;
      return `($${first}, $${first + 1}, $${first + 2}, $${first + 3})`;
    });
    return `with command as (${command}), stored as (
      insert into ${this.schema}.envelope (aggregate, version, id, body) values ${rows.join(', ')} returning seq)
      insert into ${this.schema}.pending (seq) select seq from stored`;
  }
}

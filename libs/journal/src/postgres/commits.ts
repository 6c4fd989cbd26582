import {
  CommitUnknown,
  DatabaseUnavailable,
  UniqueViolation,
  type Database,
  type Sql,
} from '../ports/sql.js';
import type { Commit, CommitResult } from '../store/store.js';
import { Together } from './together.js';

interface Asked extends PromiseWithResolvers<CommitResult> {
  readonly commit: Commit;
}

/** While one waits for the disk the next is written, and a third goes past one that waits for a lock of another copy's. */
const RUNS = 3;
const MOST_BYTES = 2 ** 20;
/** What a small commit counts as, so that not too many stand or fall together. */
const LEAST_BYTES = 8 * 2 ** 10;

/**
 * The commits of one process: those that come at once are one transaction, since what a commit costs is the transaction and its
 * way to the disk. Each is answered by itself: where one can't be committed none was, and then each is tried alone.
 */
export class Commits {
  private readonly together: Together<Asked>;

  constructor(
    private readonly database: Database,
    private readonly schema: string,
  ) {
    this.together = new Together((asked) => this.run(asked), {
      runs: RUNS,
      most: MOST_BYTES,
      weigh: ({ commit }) => Math.max(LEAST_BYTES, bytesOf(commit)),
      claims: ({ commit }) => keysOf(commit),
    });
  }

  /** @throws CommitUnknown | TransactionConflict */
  commit(commit: Commit): Promise<CommitResult> {
    const asked = { commit, ...Promise.withResolvers<CommitResult>() };
    this.together.add(asked);
    return asked.promise;
  }

  private async run(asked: readonly Asked[]): Promise<void> {
    const commits = asked.map(({ commit }) => commit);
    try {
      const result = await insertCommits(this.database, this.schema, commits);
      if (result === 'committed') this.settleBeaten(commits);
      else if (asked.length > 1) return await this.oneByOne(asked);
      for (const { resolve } of asked) resolve(result);
    } catch (error) {
      if (asked.length > 1 && !(error instanceof CommitUnknown)) return this.oneByOne(asked);
      for (const { reject } of asked) reject(error);
    }
  }

  private async oneByOne(asked: readonly Asked[]): Promise<void> {
    await Promise.all(asked.map((one) => this.run([one])));
  }

  /** Who waits with a key that has just been taken need not ask the database. */
  private settleBeaten(committed: readonly Commit[]): void {
    const ids = new Set(committed.map(({ command }) => command.id));
    for (const { commit, resolve } of this.together.withdraw(new Set(committed.flatMap(keysOf))))
      resolve(ids.has(commit.command.id) ? 'known' : 'moved');
  }
}

/** What the tables hold only once. */
const keysOf = ({ command, envelopes }: Commit): string[] => [
  command.id,
  ...envelopes.map(({ aggregate, version }) => `${aggregate} ${version}`),
];

const bytesOf = ({ command, envelopes }: Commit): number =>
  envelopes.reduce((sum, { body }) => sum + body.length, command.answer.length);

/**
 * Commands with their envelopes in one statement, all or none. Rows go in by their keys, so that transactions of two copies never wait
 * for each other in a circle; they are numbered before, in the order they were given.
 * @throws CommitUnknown | TransactionConflict
 */
export async function insertCommits(
  sql: Sql,
  schema: string,
  commits: readonly Commit[],
): Promise<CommitResult> {
  const commands = commits.map(({ command }) => command);
  const envelopes = commits.flatMap((commit) => commit.envelopes);
  const columns = [
    commands.map(({ id }) => id),
    commands.map(({ digest }) => digest),
    commands.map(({ outcome }) => outcome),
    commands.map(({ answer }) => answer),
    envelopes.map(({ aggregate }) => aggregate),
    envelopes.map(({ version }) => version),
    envelopes.map(({ id }) => id),
    envelopes.map(({ body }) => body),
  ];
  try {
    await sql.prepared(`${schema}.commit`, insertText(schema), columns);
    return 'committed';
  } catch (error) {
    if (error instanceof UniqueViolation && error.constraint === 'command_pkey') return 'known';
    if (error instanceof UniqueViolation && error.constraint === 'envelope_aggregate_version_key')
      return 'moved';
    throw error instanceof DatabaseUnavailable ? new CommitUnknown(error.message, { cause: error }) : error;
  }
}

const insertText = (schema: string): string =>
  `with given as materialized (
     select nextval('${schema}.envelope_seq_seq') as seq, g.*
     from unnest($5::text[], $6::int[], $7::text[], $8::bytea[]) as g (aggregate, version, id, body)
   ), answered as (
     insert into ${schema}.command (id, digest, outcome, answer)
     select * from unnest($1::text[], $2::bytea[], $3::text[], $4::text[]) as c (id) order by c.id
   ), stored as (
     insert into ${schema}.envelope (seq, aggregate, version, id, body) overriding system value
     select * from given g order by g.aggregate returning seq
   )
   insert into ${schema}.pending (seq) select seq from stored`;

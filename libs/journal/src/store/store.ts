import type { Row, SqlValue } from '../ports/sql.js';

export interface NewEnvelope {
  readonly id: string;
  readonly aggregate: string;
  readonly version: number;
  readonly body: Buffer;
}

export interface Answer {
  /** Keyed digest of the command's content. */
  readonly digest: Buffer;
  readonly outcome: 'done' | 'refused';
  /** JSON. */
  readonly answer: string;
}

/** In the place of the answer of a command that is known by its events alone: they were taken in again from the stream. */
export const LOST_ANSWER = '{"lost":true}';

export interface Commit {
  readonly command: Answer & { readonly id: string };
  readonly envelopes: readonly NewEnvelope[];
}

/** `known`: the command has an answer already. `moved`: another envelope took the version of one of these. */
export type CommitResult = 'committed' | 'known' | 'moved';

/** One decision under way, perhaps with statements of the service's own in its transaction. */
export interface Work {
  sql<R extends Row>(text: string, values?: readonly SqlValue[]): Promise<R[]>;
  /** @throws CommitUnknown | DatabaseUnavailable | TransactionConflict */
  commit(commit: Commit): Promise<CommitResult>;
  /** Undoes what `sql` did, where it did something. */
  abandon(): Promise<void>;
}

/** What the journal needs of a database. */
export interface JournalStore {
  /** For each aggregate its bodies after a version, oldest first. */
  load(wanted: readonly { readonly aggregate: string; readonly after: number }[]): Promise<Buffer[][]>;
  work(): Work;
  answer(command: string): Promise<Answer | null>;
  /** Forgets refusals given before a time. */
  forgetRefusals(before: Date): Promise<number>;
  /** The current epoch's id. */
  epoch(): Promise<string>;
  /** Bodies of one aggregate whose envelopes stand at or before a position, oldest first. */
  history(aggregate: string, upTo: number): Promise<Buffer[]>;
  /** The last position recorded at or before a time; 0 where there is none. */
  positionAt(time: Date): Promise<number>;
}

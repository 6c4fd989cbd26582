import { leafHash, type Hash } from './tree.js';

/** One envelope as the log keeps it: where its journal put it, and its bytes as they were committed. */
export interface LogEntry {
  readonly journal: string;
  readonly epoch: string;
  readonly position: number;
  readonly recordedAt: string;
  readonly body: Uint8Array;
}

/** What is hashed for an entry: the four fields of its record, a line each (none holds a line feed), then the body. */
export const entryBytes = ({ journal, epoch, position, recordedAt, body }: LogEntry): Buffer =>
  Buffer.concat([Buffer.from(`${journal}\n${epoch}\n${position}\n${recordedAt}\n`), body]);

export const entryHash = (entry: LogEntry): Hash => leafHash(entryBytes(entry));

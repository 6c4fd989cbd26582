import type { Sql } from '@bulkhead/journal';
import {
  append,
  consistencyProof,
  entryHash,
  frontier,
  inclusionProof,
  root,
  type Hash,
  type LogEntry,
  type NodeKey,
  type NodeReader,
} from '@bulkhead/transparency';

/** An entry to be kept, with what it can be found by; both null where its bytes could not be read. */
export interface NewEntry extends LogEntry {
  readonly body: Buffer;
  readonly envelope: string | null;
  readonly organization: string | null;
}

export interface StoredEntry extends LogEntry {
  readonly index: number;
  readonly body: Buffer;
  readonly leaf: Buffer;
  readonly organization: string | null;
}

/** "BHLG": entries are numbered one transaction at a time. */
const APPEND_LOCK = 0x42_48_4c_47;

export const logSize = async (sql: Sql): Promise<number> => {
  const [row] = await sql.query<{ size: string }>(
    'select coalesce(max(index) + 1, 0) as size from log_entry',
  );
  return Number(row?.size ?? 0);
};

/** Appends entries in the order given, in the caller's transaction. Rows are only ever inserted. */
export async function appendEntries(sql: Sql, entries: readonly NewEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await sql.query('select pg_advisory_xact_lock($1)', [APPEND_LOCK]);
  const size = await logSize(sql);
  const read = await nodeReader(sql, frontier(size));
  const nodes = append(size, entries.map(entryHash), read);
  await sql.query(
    `insert into log_entry (index, journal, epoch, position, recorded_at, envelope, organization, body)
     select * from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[],
       $6::text[], $7::text[], $8::bytea[])`,
    [
      entries.map((_, n) => size + n),
      entries.map((entry) => entry.journal),
      entries.map((entry) => entry.epoch),
      entries.map((entry) => entry.position),
      entries.map((entry) => entry.recordedAt),
      entries.map((entry) => entry.envelope) as string[],
      entries.map((entry) => entry.organization) as string[],
      entries.map((entry) => entry.body),
    ],
  );
  await sql.query(
    `insert into log_node (level, index, hash) select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])`,
    [nodes.map(({ level }) => level), nodes.map(({ index }) => index), nodes.map(({ hash }) => hash)],
  );
}

export const rootAt = (sql: Sql, size: number): Promise<Hash> => withNodes(sql, (read) => root(size, read));

export const provePlace = (sql: Sql, index: number, size: number): Promise<Hash[]> =>
  withNodes(sql, (read) => inclusionProof(index, size, read));

export const proveConsistency = (sql: Sql, from: number, to: number): Promise<Hash[]> =>
  withNodes(sql, (read) => consistencyProof(from, to, read));

/** Entries from an index on, up to a number of entries and of bytes, but always one. */
export async function entriesFrom(
  sql: Sql,
  index: number,
  limit: number,
  maxBytes: number,
): Promise<StoredEntry[]> {
  const rows = await sql.query<EntryRow>(
    `select * from (
       select ${COLUMNS}, sum(length(body)) over (order by e.index) - length(body) as before
       from log_entry e join log_node n on n.level = 0 and n.index = e.index
       where e.index >= $1 order by e.index limit $2) page
     where before < $3 order by index`,
    [index, limit, maxBytes],
  );
  return rows.map(toEntry);
}

/** The newest entry of an envelope, or of a place in a journal: a restored one may have had two there. */
export async function entryOf(
  sql: Sql,
  event: { readonly envelope: string } | { readonly journal: string; readonly position: number },
): Promise<StoredEntry | null> {
  const [condition, values] =
    'envelope' in event
      ? ['e.envelope = $1', [event.envelope]]
      : ['e.journal = $1 and e.position = $2', [event.journal, event.position]];
  const [row] = await sql.query<EntryRow>(
    `select ${COLUMNS} from log_entry e join log_node n on n.level = 0 and n.index = e.index
     where ${condition} order by e.index desc limit 1`,
    values,
  );
  return row ? toEntry(row) : null;
}

const COLUMNS =
  'e.index, e.journal, e.epoch, e.position, e.recorded_at, e.organization, e.body, n.hash as leaf';

type EntryRow = {
  readonly index: string;
  readonly journal: string;
  readonly epoch: string;
  readonly position: string;
  readonly recorded_at: string;
  readonly organization: string | null;
  readonly body: Buffer;
  readonly leaf: Buffer;
};

const toEntry = (row: EntryRow): StoredEntry => ({
  index: Number(row.index),
  journal: row.journal,
  epoch: row.epoch,
  position: Number(row.position),
  recordedAt: row.recorded_at,
  organization: row.organization,
  body: row.body,
  leaf: row.leaf,
});

/** Runs a computation over stored nodes: once to learn which it needs, then with those read in one statement. */
async function withNodes<T>(sql: Sql, compute: (read: NodeReader) => T): Promise<T> {
  const needed: NodeKey[] = [];
  compute((key) => {
    needed.push(key);
    return Buffer.alloc(32);
  });
  return compute(await nodeReader(sql, needed));
}

async function nodeReader(sql: Sql, keys: readonly NodeKey[]): Promise<NodeReader> {
  const rows = await sql.query<{ level: number; index: string; hash: Buffer }>(
    `select level, index, hash from log_node
     join unnest($1::smallint[], $2::bigint[]) as wanted (level, index) using (level, index)`,
    [keys.map(({ level }) => level), keys.map(({ index }) => index)],
  );
  const hashes = new Map(rows.map(({ level, index, hash }) => [`${level}/${index}`, hash]));
  return ({ level, index }) => {
    const hash = hashes.get(`${level}/${index}`);
    if (!hash) throw new Error(`the log lost node ${level}/${index}: restore the audit database`);
    return hash;
  };
}

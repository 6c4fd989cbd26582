import { TerminalError, toTimestamp } from '@bulkhead/contracts';
import {
  consistencyRequest,
  exportRequest,
  headRequest,
  proveRequest,
  witnessesRequest,
  type ExportResult,
  type HeadResult,
  type ProveRequest,
  type WitnessesResult,
} from '@bulkhead/contracts/commands/audit';
import { commandHandler, type CommandHandler, type Database } from '@bulkhead/journal';
import { parseCheckpoint, type EventProof, type ExportHeader } from '@bulkhead/transparency';
import { headsBetween, newestHead } from '../heads/head-store.js';
import {
  entriesFrom,
  entryOf,
  logSize,
  proveConsistency,
  provePlace,
  type StoredEntry,
} from '../log/transparency-log.js';
import { witnessState } from '../witnesses/witness-store.js';

/** The audit log's commands are read by services for callers whom they cleared; hosts may check heads. */
export type AuditAccess = 'read';

interface Log {
  readonly database: Database;
  readonly origin: string;
  readonly publicKey: () => Promise<Buffer>;
  /** Whom the heads are brought to. */
  readonly witnesses: readonly string[];
}

/** As much as one message of the bus carries, in base64. */
const PAGE_BYTES = 384 * 1024;
const PAGE_ENTRIES = 500;

export const auditHandlers = (log: Log): Record<string, CommandHandler<AuditAccess, null>> => ({
  head: commandHandler({
    callers: ['api', 'host'],
    access: 'read',
    input: headRequest,
    handle: async () => ({ result: await head(log) }),
  }),
  consistency: commandHandler({
    callers: ['api', 'host'],
    access: 'read',
    input: consistencyRequest,
    handle: async (_, { from, to }) => {
      if (from > to || to > (await logSize(log.database)))
        throw new TerminalError('not_in_log', `the log has no sizes ${from} and ${to} in this order`, {
          status: 404,
        });
      return { result: { proof: (await proveConsistency(log.database, from, to)).map(base64) } };
    },
  }),
  prove: commandHandler({
    callers: ['api'],
    access: 'read',
    input: proveRequest,
    handle: async (_, request) => ({ result: { proof: await prove(log, request) } }),
  }),
  witnesses: commandHandler({
    callers: ['api'],
    access: 'read',
    input: witnessesRequest,
    handle: async () => ({ result: await witnesses(log) }),
  }),
  export: commandHandler({
    callers: ['api'],
    access: 'read',
    input: exportRequest,
    handle: async (_, { from }) => ({ result: await exportPage(log, from) }),
  }),
});

async function head({ database, origin, publicKey }: Log): Promise<HeadResult> {
  const newest = await newestHead(database);
  return { origin, note: newest?.note ?? null, publicKey: base64(await publicKey()) };
}

async function witnesses({ database, witnesses: urls }: Log): Promise<WitnessesResult> {
  const newest = await newestHead(database);
  const states = await Promise.all(
    urls.map(async (url) => {
      const { acceptedAt, ...state } = await witnessState(database, url);
      return { url, ...state, acceptedAt: acceptedAt && toTimestamp(acceptedAt) };
    }),
  );
  return { size: newest?.size ?? 0, witnesses: states };
}

async function prove({ database }: Log, { event, organization }: ProveRequest): Promise<EventProof> {
  const [entry, newest] = await Promise.all([entryOf(database, event), newestHead(database)]);
  const visible = entry && (organization === 'all' || entry.organization === organization);
  if (!entry || !visible) throw new TerminalError('not_found', 'there is no such event', { status: 404 });
  const covered = newest ? parseCheckpoint(newest.note).size : 0;
  if (!newest || entry.index >= covered)
    throw new TerminalError('not_signed_yet', 'no signed head covers this event yet; ask again in a second', {
      status: 409,
    });
  const { leaf: _leaf, ...line } = toLine(entry);
  const path = await provePlace(database, entry.index, covered);
  return { format: 'bulkhead-event-proof', v: 1, entry: line, path: path.map(base64), head: newest.note };
}

async function exportPage({ database, origin, publicKey }: Log, from: number): Promise<ExportResult> {
  const [size, entries] = await Promise.all([
    logSize(database),
    entriesFrom(database, from, PAGE_ENTRIES, PAGE_BYTES),
  ]);
  const next = (entries.at(-1)?.index ?? from - 1) + 1;
  const heads = new Map((await headsBetween(database, from, next)).map(({ size: at, note }) => [at, note]));
  const header: ExportHeader = {
    format: 'bulkhead-audit-export',
    v: 1,
    origin,
    publicKey: base64(await publicKey()),
  };
  const lines = entries.flatMap((entry) => {
    const note = heads.get(entry.index + 1);
    return [{ entry: toLine(entry) }, ...(note === undefined ? [] : [{ head: note }])];
  });
  return {
    lines: [...(from === 0 ? [header] : []), ...lines].map((line) => JSON.stringify(line)),
    next,
    size,
  };
}

const toLine = ({ index, journal, epoch, position, recordedAt, body, leaf }: StoredEntry) => ({
  index,
  journal,
  epoch,
  position,
  recordedAt,
  body: base64(body),
  leaf: base64(leaf),
});

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

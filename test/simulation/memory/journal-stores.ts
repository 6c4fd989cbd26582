import { EPOCH_STARTED, JOURNAL_AGGREGATE, toTimestamp, type Service } from '@bulkhead/contracts';
import {
  CommitUnknown,
  DatabaseUnavailable,
  type Answer,
  type Commit,
  type CommitResult,
  type JournalStore,
  type JournalStores,
  type Leader,
  type LeadershipStore,
  type Recorded,
  type RelayStore,
  type Row,
  type SqlValue,
  type Work,
} from '@bulkhead/journal';
import type { SimProcess } from '../kernel/process.js';
import type { DatabaseServer } from './database.js';
import { MemoryFeedStore } from './feed-store.js';
import { MemoryReaderStore } from './reader-store.js';
import type { Schema, StoredEnvelope } from './schema.js';
import { sqlOf, type Statements } from './sql.js';
import type { Transaction } from './transaction.js';

/** One process's way to one schema. */
export class Connection {
  constructor(
    readonly server: DatabaseServer,
    readonly process: SimProcess,
    readonly schema: string,
    readonly statements: Statements,
  ) {}

  alone<T>(work: (tx: Transaction) => T): Promise<T> {
    return this.server.alone(this.process, this.schema, work);
  }
}

export const memoryStores = (connection: Connection): JournalStores => ({
  journal: new MemoryJournalStore(connection),
  relay: new MemoryRelayStore(connection),
  leadership: new MemoryLeadershipStore(connection),
  readers: new MemoryReaderStore(connection),
  feeds: new MemoryFeedStore(connection),
});

/** Begins a journal's first epoch, as its migration does. */
export function beginJournal(schema: Schema, service: Service, id: string): void {
  const now = schema.now();
  const epoch = `${Math.floor(now.getTime() / 1000)}-${'0'.repeat(12)}`;
  const aggregate = { type: JOURNAL_AGGREGATE, id: service };
  const data = { epoch, lastPosition: 0, reason: 'created' };
  const body = Buffer.from(
    JSON.stringify({
      id,
      service,
      aggregate,
      version: 1,
      command: `epoch-${epoch}`,
      actor: { kind: 'service', id: service },
      organization: 'platform',
      occurredAt: toTimestamp(now),
      events: [{ type: EPOCH_STARTED, v: 1, data }],
    }),
  );
  schema.epochs.push({ epoch, lastPosition: 0 });
  insert(schema, [{ id, aggregate: `${aggregate.type}/${aggregate.id}`, version: 1, body }]);
  recordPending(schema, schema.pending);
}

class MemoryJournalStore implements JournalStore {
  constructor(private readonly connection: Connection) {}

  load(wanted: readonly { readonly aggregate: string; readonly after: number }[]): Promise<Buffer[][]> {
    return this.connection.alone(({ schema }) =>
      wanted.map(({ aggregate, after }) =>
        (schema.byAggregate.get(aggregate) ?? [])
          .filter(({ version }) => version > after)
          .map(({ body }) => body),
      ),
    );
  }

  work(): Work {
    return new MemoryWork(this.connection);
  }

  answer(command: string): Promise<Answer | null> {
    return this.connection.alone(({ schema }) => schema.commands.get(command) ?? null);
  }

  forgetRefusals(before: Date): Promise<number> {
    return this.connection.alone(({ schema }) => {
      const old = [...schema.commands].filter(([, { outcome, at }]) => outcome === 'refused' && at < before);
      for (const [id] of old) schema.commands.delete(id);
      return old.length;
    });
  }

  epoch(): Promise<string> {
    return this.connection.alone(({ schema }) => currentEpoch(schema));
  }

  history(aggregate: string, upTo: number): Promise<Buffer[]> {
    return this.connection.alone(({ schema }) =>
      schema.recorded
        .filter(({ record, aggregate: of }) => of === aggregate && record.position <= upTo)
        .map(({ body }) => Buffer.from(body)),
    );
  }

  positionAt(time: Date): Promise<number> {
    return this.connection.alone(
      ({ schema }) =>
        schema.recorded.findLast(({ record }) => Date.parse(record.recordedAt) <= time.getTime())?.record
          .position ?? 0,
    );
  }
}

export class MemoryWork implements Work {
  private transaction: Transaction | undefined;

  constructor(private readonly connection: Connection) {}

  sql<R extends Row>(text: string, values?: readonly SqlValue[]): Promise<R[]> {
    const { server, process, schema, statements } = this.connection;
    this.transaction ??= server.begin(process, schema);
    return sqlOf(server, this.transaction, statements).query<R>(text, values);
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const { server, process, schema } = this.connection;
    const tx = this.transaction ?? server.begin(process, schema);
    try {
      return await server.statement(tx, () => {
        const result = judge(tx.schema, commit);
        if (result === 'committed') tx.onCommit(() => store(tx.schema, commit));
        server.finish(tx, result === 'committed');
        return result;
      });
    } catch (error) {
      throw error instanceof DatabaseUnavailable ? new CommitUnknown(error.message, { cause: error }) : error;
    }
  }

  async abandon(): Promise<void> {
    const { transaction } = this;
    this.transaction = undefined;
    if (transaction) await this.connection.server.rollback(transaction);
  }
}

function judge(schema: Schema, { command, envelopes }: Commit): CommitResult {
  if (schema.commands.has(command.id)) return 'known';
  const isTaken = ({ aggregate, version }: { aggregate: string; version: number }) =>
    (schema.byAggregate.get(aggregate)?.length ?? 0) >= version;
  return envelopes.some(isTaken) ? 'moved' : 'committed';
}

function store(schema: Schema, { command, envelopes }: Commit): void {
  const { id, ...answer } = command;
  schema.commands.set(id, { ...answer, at: schema.now() });
  insert(schema, envelopes);
}

function insert(schema: Schema, envelopes: Commit['envelopes']): void {
  const stored = envelopes.map((envelope, nth) => ({ ...envelope, seq: schema.envelopes.length + nth + 1 }));
  for (const envelope of stored) {
    schema.envelopes.push(envelope);
    schema.pending.push(envelope);
    const same = schema.byAggregate.get(envelope.aggregate) ?? [];
    schema.byAggregate.set(envelope.aggregate, same);
    same.push(envelope);
  }
  if (stored.length > 0) schema.committed(stored);
}

const currentEpoch = (schema: Schema): string => {
  const last = schema.epochs.at(-1);
  if (!last) throw new Error(`the journal of schema ${schema.name} has no epoch`);
  return last.epoch;
};

function recordPending(schema: Schema, taken: readonly StoredEnvelope[]): readonly Recorded[] {
  const recordedAt = toTimestamp(schema.now());
  const last = schema.recorded.at(-1)?.record.recordedAt ?? recordedAt;
  const fresh = taken.map(({ id, aggregate, body }, nth): Recorded => ({
    record: {
      epoch: currentEpoch(schema),
      position: schema.recorded.length + nth + 1,
      recordedAt: recordedAt > last ? recordedAt : last,
    },
    id,
    aggregate,
    body,
  }));
  schema.recorded.push(...fresh);
  schema.pending = schema.pending.slice(taken.length);
  return fresh;
}

export class MemoryRelayStore implements RelayStore {
  constructor(private readonly connection: Connection) {}

  record(leader: Leader, most: number): Promise<readonly Recorded[]> {
    return this.connection.alone(({ schema }) => {
      if (!this.mayRecord(schema, leader)) return [];
      const taken = recordPending(schema, schema.pending.slice(0, most));
      if (taken.length > 0) schema.gavePositions(leader);
      return taken;
    });
  }

  private mayRecord(schema: Schema, leader: Leader): boolean {
    return schema.leads({ ...leader, role: 'relay' });
  }

  head() {
    return this.connection.alone(({ schema }) => ({
      epoch: currentEpoch(schema),
      position: schema.recorded.length,
    }));
  }

  from(position: number, most: number, bytes: number): Promise<readonly Recorded[]> {
    return this.connection.alone(({ schema }) =>
      within(bytes, schema.recorded.slice(Math.max(0, position - 1), Math.max(0, position - 1 + most))),
    );
  }

  ofAggregate(
    aggregate: string,
    fromVersion: number,
    most: number,
    bytes: number,
  ): Promise<readonly Recorded[]> {
    return this.connection.alone(({ schema }) => {
      const all = schema.recorded.filter((recorded) => recorded.aggregate === aggregate);
      return within(bytes, all.slice(Math.max(0, fromVersion - 1), Math.max(0, fromVersion - 1) + most));
    });
  }

  epochs() {
    return this.connection.alone(({ schema }) => [...schema.epochs]);
  }

  /** Nothing is old enough here, or large enough, to be left out. */
  oldestWithin(): Promise<number> {
    return this.connection.alone(() => 1);
  }
}

function within(bytes: number, recorded: readonly Recorded[]): readonly Recorded[] {
  let taken = 0;
  const end = recorded.findIndex(({ body }, index) => (taken += body.length) > bytes && index > 0);
  return end < 0 ? recorded : recorded.slice(0, end);
}

class MemoryLeadershipStore implements LeadershipStore {
  constructor(private readonly connection: Connection) {}

  take(role: string, holder: string, ttlMs: number): Promise<Leader | null> {
    return this.connection.alone(({ schema }) => {
      const held = schema.leadership.get(role);
      const now = schema.now().getTime();
      if (held && held.until >= now) return null;
      const leader = { role, holder, term: (held?.term ?? 0) + 1 };
      schema.leadership.set(role, { ...leader, until: now + ttlMs });
      return leader;
    });
  }

  renew(leader: Leader, ttlMs: number): Promise<boolean> {
    return this.connection.alone(({ schema }) => {
      if (!schema.leads(leader)) return false;
      schema.leadership.set(leader.role, { ...leader, until: schema.now().getTime() + ttlMs });
      return true;
    });
  }

  release(leader: Leader): Promise<void> {
    return this.connection.alone(({ schema }) => {
      const held = schema.leadership.get(leader.role);
      if (held?.holder === leader.holder && held.term === leader.term)
        schema.leadership.set(leader.role, { ...leader, until: -Infinity });
    });
  }
}

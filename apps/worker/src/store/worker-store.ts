import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  hostMachineRow,
  reportFact,
  type HostMachineRow,
  type Report,
  type ReportFact,
} from '@bulkhead/contracts';
import type { MachineId, Timestamp } from '@bulkhead/domain';
import type { LocalMachine } from '../machines/local-machine.js';

/** How many reports wait at most; an hour of a busy host without its bus. */
export const OUTBOX_LIMIT = 20_000;
/** How many of the oldest give way at once when it is full. */
const OUTBOX_DROP = 1_000;

/**
 * What a worker must not lose: what is on this host and what it has yet to report, in one SQLite file. A change of a machine and the
 * reports about it are one transaction, on disk before anybody hears of them.
 */
export class WorkerStore {
  readonly #database: DatabaseSync;
  readonly #statements: Readonly<Record<keyof typeof SQL, StatementSync>>;

  /** @param path the file; made when it isn't there. */
  constructor(
    path: string,
    private readonly outboxLimit = OUTBOX_LIMIT,
  ) {
    this.#database = new DatabaseSync(path);
    this.#database.exec('pragma journal_mode = wal; pragma synchronous = full');
    this.#database.exec(SCHEMA);
    this.#statements = Object.fromEntries(
      Object.entries(SQL).map(([name, text]) => [name, this.#database.prepare(text)]),
    ) as Record<keyof typeof SQL, StatementSync>;
  }

  /** Everything on this host. */
  machines(): LocalMachine[] {
    return this.#statements.machines.all().map((row) => JSON.parse(String(row['body'])) as LocalMachine);
  }

  /** Keeps a machine's new condition and what is to be reported of it; null forgets the machine. */
  record(machine: MachineId, local: LocalMachine | null, at: Timestamp, facts: readonly ReportFact[]): void {
    this.#transaction(() => {
      if (local) this.#statements.putMachine.run(machine, JSON.stringify(local));
      else this.#statements.deleteMachine.run(machine);
      for (const fact of facts) this.#statements.putReport.run(at, JSON.stringify(reportFact.parse(fact)));
      this.#makeRoom(at);
    });
  }

  /** Puts a report of the host itself at the end of the outbox. */
  report(at: Timestamp, fact: ReportFact): void {
    this.#transaction(() => {
      this.#statements.putReport.run(at, JSON.stringify(reportFact.parse(fact)));
      this.#makeRoom(at);
    });
  }

  /** The oldest reports that nobody has confirmed. */
  unsent(limit: number): Report[] {
    return this.#statements.unsent.all(limit).map((row) => ({
      number: Number(row['number']),
      at: String(row['at']) as Timestamp,
      fact: reportFact.parse(JSON.parse(String(row['fact']))),
    }));
  }

  /** How many reports nobody has confirmed. */
  get waiting(): number {
    return Number(this.#statements.outboxSize.get()?.['count'] ?? 0);
  }

  confirmed(storedUpTo: number): void {
    this.#statements.confirmed.run(storedUpTo);
  }

  /** Where this host stands in its feed. */
  feedCursor(): { readonly feed: string; readonly number: number } | null {
    const row = this.#statements.getCursor.get();
    return row ? { feed: String(row['feed']), number: Number(row['number']) } : null;
  }

  desired(): Map<MachineId, HostMachineRow> {
    const rows = this.#statements.desired
      .all()
      .map((row) => hostMachineRow.parse(JSON.parse(String(row['row']))));
    return new Map(rows.map((row) => [row.machine, row]));
  }

  /** Keeps changes of the feed together with the cursor they lead to. `full` replaces everything. */
  keepFeed(
    feed: string,
    number: number,
    changes: readonly { readonly key: string; readonly row: Readonly<Record<string, unknown>> | null }[],
    full: boolean,
  ): void {
    this.#transaction(() => {
      if (full) this.#statements.clearDesired.run();
      for (const { key, row } of changes) {
        if (row) this.#statements.putDesired.run(key, JSON.stringify(row));
        else this.#statements.deleteDesired.run(key);
      }
      this.#statements.putCursor.run(feed, number);
    });
  }

  /** Where this host stands in the feed of edges. */
  edgeCursor(): { readonly feed: string; readonly number: number } | null {
    const row = this.#statements.getEdgeCursor.get();
    return row ? { feed: String(row['feed']), number: Number(row['number']) } : null;
  }

  /** Edges that may come in. */
  edges(): string[] {
    return this.#statements.edges.all().map((row) => String(row['id']));
  }

  /** Keeps who may come in together with the place in the feed that says so. `full` replaces everything. */
  keepEdges(
    feed: string,
    number: number,
    changes: readonly { readonly edge: string; readonly admitted: boolean }[],
    full: boolean,
  ): void {
    this.#transaction(() => {
      if (full) this.#statements.clearEdges.run();
      for (const { edge, admitted } of changes)
        this.#statements[admitted ? 'putEdge' : 'deleteEdge'].run(edge);
      this.#statements.putEdgeCursor.run(feed, number);
    });
  }

  close(): void {
    this.#database.close();
  }

  /** Nothing vanishes unsaid: the last of the dropped numbers becomes the report of the gap. */
  #makeRoom(at: Timestamp): void {
    const { count } = this.#statements.outboxSize.get() as { count: number };
    if (count <= this.outboxLimit) return;
    const oldest = this.unsent(1)[0];
    const first = oldest?.fact.kind === 'gap' ? oldest.fact.from : oldest?.number;
    if (first === undefined) return;
    const drop = Math.min(OUTBOX_DROP, Math.ceil(this.outboxLimit / 2));
    const { last } = this.#statements.nth.get(drop - 1) as { last: number };
    const reason = `the outbox held more than ${this.outboxLimit} reports`;
    this.#statements.confirmed.run(last);
    const gap: ReportFact = { kind: 'gap', from: first, to: last, reason };
    this.#statements.putGap.run(last, at, JSON.stringify(gap));
  }

  #transaction(work: () => void): void {
    this.#database.exec('begin immediate');
    try {
      work();
      this.#database.exec('commit');
    } catch (error) {
      this.#database.exec('rollback');
      throw error;
    }
  }
}

const SCHEMA = `
  create table if not exists machine (id text primary key, body text not null) strict;
  create table if not exists outbox (number integer primary key autoincrement, at text not null, fact text not null) strict;
  create table if not exists desired (id text primary key, row text not null) strict;
  create table if not exists cursor (one integer primary key check (one = 1), feed text not null, number integer not null) strict;
  create table if not exists edge (id text primary key) strict;
  create table if not exists edge_cursor (one integer primary key check (one = 1), feed text not null, number integer not null) strict;
`;

const SQL = {
  machines: 'select body from machine',
  putMachine: 'insert into machine values (?, ?) on conflict (id) do update set body = excluded.body',
  deleteMachine: 'delete from machine where id = ?',
  putReport: 'insert into outbox (at, fact) values (?, ?)',
  putGap: 'insert into outbox (number, at, fact) values (?, ?, ?)',
  unsent: 'select number, at, fact from outbox order by number limit ?',
  confirmed: 'delete from outbox where number <= ?',
  outboxSize: 'select count(*) as count from outbox',
  nth: 'select number as last from outbox order by number limit 1 offset ?',
  getCursor: 'select feed, number from cursor',
  putCursor:
    'insert into cursor values (1, ?, ?) on conflict (one) do update set feed = excluded.feed, number = excluded.number',
  desired: 'select row from desired',
  putDesired: 'insert into desired values (?, ?) on conflict (id) do update set row = excluded.row',
  deleteDesired: 'delete from desired where id = ?',
  clearDesired: 'delete from desired',
  getEdgeCursor: 'select feed, number from edge_cursor',
  putEdgeCursor:
    'insert into edge_cursor values (1, ?, ?) on conflict (one) do update set feed = excluded.feed, number = excluded.number',
  edges: 'select id from edge',
  putEdge: 'insert into edge values (?) on conflict do nothing',
  deleteEdge: 'delete from edge where id = ?',
  clearEdges: 'delete from edge',
} as const;

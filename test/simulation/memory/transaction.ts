import type { SimProcess } from '../kernel/process.js';
import type { Schema, TableRow } from './schema.js';

/** A row is locked by another transaction: the statement is to be done again once that one has ended. */
export class Blocked extends Error {
  constructor(
    readonly lock: string,
    readonly holder: Transaction,
  ) {
    super(`${lock} is locked`);
  }
}

/** What a transaction did, and others do not see before its commit. */
export class Transaction {
  isOver = false;
  /** For whose end it waits. */
  waitsFor: Transaction | null = null;
  private readonly written = new Map<string, { table: string; key: string; row: TableRow | null }>();
  private readonly undo: (() => void)[] = [];
  private readonly locked = new Set<string>();
  private readonly atCommit: (() => void)[] = [];

  constructor(
    readonly schema: Schema,
    readonly owner: SimProcess,
  ) {}

  get(table: string, key: string): TableRow | null {
    const own = this.written.get(`${table}\n${key}`);
    return own ? own.row : (this.schema.table(table).get(key) ?? null);
  }

  all(table: string): TableRow[] {
    const rows = new Map(this.schema.table(table));
    for (const own of this.written.values())
      if (own.table === table) {
        if (own.row) rows.set(own.key, own.row);
        else rows.delete(own.key);
      }
    return [...rows.values()];
  }

  /** Changes a row, or with null removes it. @throws Blocked */
  put(table: string, key: string, row: TableRow | null): void {
    this.lock(table, key);
    const id = `${table}\n${key}`;
    const before = this.written.get(id);
    this.undo.push(() => (before ? this.written.set(id, before) : this.written.delete(id)));
    this.written.set(id, { table, key, row });
  }

  /** @throws Blocked */
  lock(table: string, key: string): void {
    const id = `${table}\n${key}`;
    const holder = this.schema.locks.get(id);
    if (holder && holder !== this) throw new Blocked(id, holder);
    this.schema.locks.set(id, this);
    this.locked.add(id);
  }

  /** Something that happens with the commit. */
  onCommit(work: () => void): void {
    this.undo.push(() => this.atCommit.pop());
    this.atCommit.push(work);
  }

  mark(): number {
    return this.undo.length;
  }

  undoTo(mark: number): void {
    while (this.undo.length > mark) this.undo.pop()?.();
  }

  /** @returns the locks that others may wait for. */
  finish(commits: boolean): readonly string[] {
    if (this.isOver) return [];
    this.isOver = true;
    if (commits) {
      // Whoever looks on at the commit sees rows as they were before it.
      for (const work of this.atCommit) work();
      for (const { table, key, row } of this.written.values())
        if (row) this.schema.table(table).set(key, row);
        else this.schema.table(table).delete(key);
    }
    for (const id of this.locked) this.schema.locks.delete(id);
    return [...this.locked];
  }
}

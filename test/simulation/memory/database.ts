import { DatabaseUnavailable, TransactionConflict } from '@bulkhead/journal';
import type { Kernel } from '../kernel/kernel.js';
import type { Prng } from '../kernel/prng.js';
import type { SimProcess } from '../kernel/process.js';
import { Schema } from './schema.js';
import { Blocked, Transaction } from './transaction.js';

/** How long a client whose server is cut off waits before it gives up, in ms. */
const PATIENCE_MS = 5_000;
/** How long the server keeps the transaction of a client that says nothing, in ms. */
const IDLE_MS = 10_000;

/**
 * A database server: each statement happens at one moment, what a transaction did happens at its commit or never. Rows that one
 * transaction changed are locked for the others until it ends; a crash ends them all.
 */
export class DatabaseServer {
  isUp = true;
  /** By how much the server's clock is ahead, in ms. */
  skewMs = 0;
  private readonly random: Prng;
  private readonly cut = new Set<string>();
  private readonly schemas = new Map<string, Schema>();
  private readonly open = new Set<Transaction>();
  private readonly waiting = new Map<string, Set<() => void>>();

  constructor(readonly kernel: Kernel) {
    this.random = kernel.random.fork();
  }

  now(): Date {
    return new Date(this.kernel.now + this.skewMs);
  }

  schema(name: string): Schema {
    const known = this.schemas.get(name) ?? new Schema(name, () => this.now());
    this.schemas.set(name, known);
    return known;
  }

  reaches(process: SimProcess): boolean {
    return this.isUp && process.isAlive && !this.cut.has(process.name);
  }

  isCut(name: string): boolean {
    return !this.isUp || this.cut.has(name);
  }

  cutOff(name: string): void {
    this.cut.add(name);
    this.kernel.after(IDLE_MS, null, () => {
      if (this.cut.has(name)) this.end(({ owner }) => owner.name === name);
    });
  }

  heal(name: string): void {
    this.cut.delete(name);
  }

  /** Ends every transaction under way, as a crash does; what was committed stays. */
  crash(): void {
    this.isUp = false;
    this.end(() => true);
  }

  start(): void {
    this.isUp = true;
  }

  /** A client's connections are gone. */
  left(process: SimProcess): void {
    this.end(({ owner }) => owner === process);
  }

  /** A client says nothing from now on. */
  stopped(process: SimProcess): void {
    this.kernel.after(IDLE_MS, null, () => {
      if (process.isStopped) this.left(process);
    });
  }

  begin(process: SimProcess, schema: string): Transaction {
    return new Transaction(this.schema(schema), process);
  }

  /**
   * Does one statement of a transaction at the server, waiting for rows that others hold.
   * @throws DatabaseUnavailable where statement or answer is lost; TransactionConflict where two wait for each other.
   */
  statement<T>(tx: Transaction, work: (tx: Transaction) => T): Promise<T> {
    return this.ask(tx.owner, (reply) => this.attempt(tx, work, reply));
  }

  /** Does one statement in a transaction of its own. */
  alone<T>(process: SimProcess, schema: string, work: (tx: Transaction) => T): Promise<T> {
    const tx = this.begin(process, schema);
    return this.statement(tx, (own) => {
      const result = work(own);
      this.finish(own, true);
      return result;
    });
  }

  commit(tx: Transaction): Promise<void> {
    return this.statement(tx, () => this.finish(tx, true));
  }

  /** Never rejects. */
  async rollback(tx: Transaction): Promise<void> {
    if (tx.isOver) return;
    await this.ask(tx.owner, (reply) => {
      this.finish(tx, false);
      reply({ value: undefined });
    }).catch(() => this.finish(tx, false));
  }

  finish(tx: Transaction, commits: boolean): void {
    const freed = tx.finish(commits);
    this.open.delete(tx);
    for (const lock of freed) {
      const waiting = this.waiting.get(lock) ?? [];
      this.waiting.delete(lock);
      for (const go of waiting) this.kernel.after(0, null, go);
    }
  }

  private attempt<T>(
    tx: Transaction,
    work: (tx: Transaction) => T,
    reply: (outcome: Outcome<T>) => void,
  ): void {
    if (tx.isOver) return reply({ error: new DatabaseUnavailable('the server ended this transaction') });
    this.open.add(tx);
    const mark = tx.mark();
    try {
      tx.waitsFor = null;
      reply({ value: work(tx) });
    } catch (error) {
      tx.undoTo(mark);
      if (!(error instanceof Blocked)) return reply({ error });
      tx.waitsFor = error.holder;
      if (isDeadlock(tx)) {
        this.finish(tx, false);
        return reply({ error: new TransactionConflict('deadlock') });
      }
      const waiting = this.waiting.get(error.lock) ?? new Set();
      this.waiting.set(
        error.lock,
        waiting.add(() => this.attempt(tx, work, reply)),
      );
    }
  }

  private ask<T>(process: SimProcess, serve: (reply: (outcome: Outcome<T>) => void) => void): Promise<T> {
    const { kernel } = this;
    const away = () => new DatabaseUnavailable('the database is away');
    return new Promise((resolve, reject) => {
      const giveUp = () => kernel.after(this.isUp ? PATIENCE_MS : 5, process, () => reject(away()));
      if (!this.reaches(process)) return void giveUp();
      const asked = this.way();
      kernel.after(asked, null, () => {
        if (!this.reaches(process)) return void giveUp();
        serve((outcome) => {
          const back = this.way();
          kernel.after(back, null, () => {
            if (!this.reaches(process)) return void giveUp();
            kernel.after(0, process, () =>
              'error' in outcome ? reject(outcome.error) : resolve(outcome.value),
            );
          });
        });
      });
    });
  }

  /** How long a statement, or its answer, is on its way. */
  private way(): number {
    return this.random.chance(0.05) ? this.random.int(5, 60) : 1;
  }

  private end(isConcerned: (tx: Transaction) => boolean): void {
    for (const tx of [...this.open].filter(isConcerned)) this.finish(tx, false);
  }
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

function isDeadlock(tx: Transaction): boolean {
  for (let next = tx.waitsFor; next; next = next.waitsFor) if (next === tx) return true;
  return false;
}

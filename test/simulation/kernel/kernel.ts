import { createHash, type Hash } from 'node:crypto';
import { Heap } from './heap.js';
import { Prng } from './prng.js';
import type { SimProcess } from './process.js';

export interface Scheduled {
  cancel(): void;
}

interface Due extends Scheduled {
  readonly at: number;
  readonly nth: number;
  readonly process: SimProcess | null;
  readonly work: () => void;
  cancelled: boolean;
}

/** What is kept of a run to be read: when, where, what. */
export interface Note {
  readonly at: number;
  readonly where: string;
  readonly what: string;
}

/** Where simulated time begins. */
export const BEGINNING = Date.UTC(2026, 0, 1);

/**
 * Runs everything in one order that follows from the seed: takes what is due next, does it, and lets every promise that hangs on it
 * settle before the next. Nothing in a simulation may wait for anything else than this.
 */
export class Kernel {
  readonly random: Prng;
  /** Everything that was noted, where the run is recorded. */
  readonly notes: Note[] = [];
  private time = BEGINNING;
  private count = 0;
  private readonly queue = new Heap<Due>((a, b) => a.at - b.at || a.nth - b.nth);
  private readonly trace: Hash = createHash('sha256');

  constructor(
    seed: number,
    private readonly recorded: boolean,
  ) {
    this.random = new Prng(seed);
  }

  /** Real time, in ms: what no process's own clock may be ahead of or behind without a fault. */
  get now(): number {
    return this.time;
  }

  /** Does `work` after `ms`, unless the process it is for is dead then; a stopped one does it when it goes on. */
  after(ms: number, process: SimProcess | null, work: () => void): Scheduled {
    return this.put({ at: this.time + Math.max(0, ms), process, work });
  }

  /** Lets what a process had to do while it was stopped happen now. */
  release(held: readonly Scheduled[]): void {
    for (const { process, work, cancelled } of held as readonly Due[])
      if (!cancelled) this.put({ at: this.time, process, work });
  }

  /** Goes on until nothing is due before a time. */
  async runUntil(time: number): Promise<void> {
    for (let next = this.queue.peek(); next && next.at <= time; next = this.queue.peek()) {
      this.queue.pop();
      if (next.cancelled || !this.isToRun(next)) continue;
      this.time = next.at;
      next.work();
      await turn();
    }
    this.time = time;
  }

  /** Goes on until a promise settles. @throws what it rejects with, or Error where nothing is left to wait for. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = () => void (settled = true);
    promise.then(mark, mark);
    await turn();
    while (!settled) {
      const next = this.queue.peek();
      if (!next) throw new Error('nothing is due any more, yet something is waited for');
      await this.runUntil(next.at);
    }
    return promise;
  }

  note(where: string, what: string): void {
    this.trace.update(`${this.time} ${where} ${what}\n`);
    if (this.recorded) this.notes.push({ at: this.time, where, what });
  }

  /** Of everything noted so far: the same for the same seed. */
  digest(): string {
    return this.trace.copy().digest('hex');
  }

  private put({ at, process, work }: Pick<Due, 'at' | 'process' | 'work'>): Due {
    const due: Due = {
      at,
      nth: this.count++,
      process,
      work,
      cancelled: false,
      cancel: () => void (due.cancelled = true),
    };
    this.queue.push(due);
    return due;
  }

  private isToRun(due: Due): boolean {
    if (!due.process) return true;
    if (due.process.isStopped) due.process.hold(due);
    return due.process.isAlive && !due.process.isStopped;
  }
}

/** Every microtask runs before the next turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

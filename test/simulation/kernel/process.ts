import type { Clock, Random } from '@bulkhead/journal';
import type { Kernel, Scheduled } from './kernel.js';

/** One life of a process: what it is to do happens as long as it lives, and waits while it is stopped. */
export class SimProcess {
  isAlive = true;
  isStopped = false;
  /** By how much its wall clock is ahead, in ms. */
  skewMs = 0;
  readonly clock: Clock;
  readonly random: Random;
  private held: Scheduled[] = [];

  constructor(
    readonly kernel: Kernel,
    /** The same in each of its lives: what cuts of the network are about. */
    readonly name: string,
  ) {
    this.clock = {
      now: () => new Date(kernel.now + this.skewMs),
      sleep: (ms, signal) => this.sleep(ms, signal),
    };
    const draws = kernel.random.fork();
    this.random = { id: () => draws.id(), bytes: (count) => draws.bytes(count) };
  }

  /** As kill -9 does: nothing of it happens any more. */
  kill(): void {
    this.isAlive = false;
    this.held = [];
  }

  /** As SIGSTOP does. */
  stop(): void {
    this.isStopped = true;
  }

  /** As SIGCONT does. */
  goOn(): void {
    this.isStopped = false;
    const { held } = this;
    this.held = [];
    this.kernel.release(held);
  }

  hold(due: Scheduled): void {
    if (this.isAlive) this.held.push(due);
  }

  private sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.kernel.after(ms, this, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      const stop = () => {
        timer.cancel();
        resolve();
      };
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}

import type { Clock } from '../ports/clock.js';

/** A reason of its own spares each wake the making of an error. */
const WOKEN = Symbol('woken');

/** A wake that isn't lost when it comes while nobody waits. */
export class Wake {
  private due = false;
  private waiter: AbortController | undefined;

  wake(): void {
    this.due = true;
    this.waiter?.abort(WOKEN);
  }

  /** Until woken, `ms` have passed or the signal aborts. */
  async wait(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    if (!this.due && !signal.aborted) {
      const waiter = new AbortController();
      const stop = () => waiter.abort(WOKEN);
      this.waiter = waiter;
      signal.addEventListener('abort', stop, { once: true });
      await clock.sleep(ms, waiter.signal);
      signal.removeEventListener('abort', stop);
      this.waiter = undefined;
    }
    this.due = false;
  }
}

import type { Clock } from '@bulkhead/journal';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** A clock that only moves when a test says so. */
export class FakeClock implements Clock {
  private time: number;
  private sleepers: Sleeper[] = [];

  constructor(start = '2026-01-01T00:00:00.000Z') {
    this.time = Date.parse(start);
  }

  now(): Date {
    return new Date(this.time);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { until: this.time + ms, wake: resolve };
      this.sleepers.push(sleeper);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Moves on and wakes who is due, in the order they are due. */
  advance(ms: number): void {
    this.time += ms;
    const due = this.sleepers.filter(({ until }) => until <= this.time).sort((a, b) => a.until - b.until);
    this.sleepers = this.sleepers.filter(({ until }) => until > this.time);
    for (const { wake } of due) wake();
  }

  /** How many are asleep: for a test that waits until its subject waits. */
  get sleeping(): number {
    return this.sleepers.length;
  }
}

/** A time by which something must have happened; setting it costs one store. */
export interface Deadline {
  /** Fires `milliseconds` from now, at the sweep after; replaces what was set. */
  set(milliseconds: number): void;
  clear(): void;
  /** For good: it never fires again. */
  dispose(): void;
}

/**
 * All deadlines of a thread, swept at an interval: a timer per connection and phase would cost more than the phase.
 * They fire up to one interval late.
 */
export class Deadlines {
  private readonly entries: Entry[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(intervalMs: number) {
    this.timer = setInterval(() => this.sweep(performance.now()), intervalMs);
    this.timer.unref();
  }

  create(expire: () => void): Deadline {
    const entry = new Entry(expire, this.entries);
    this.entries.push(entry);
    return entry;
  }

  close(): void {
    clearInterval(this.timer);
    this.entries.length = 0;
  }

  private sweep(now: number): void {
    for (const entry of this.entries.filter(({ at }) => at <= now)) if (entry.at <= now) entry.fire();
  }
}

class Entry implements Deadline {
  at = Infinity;
  /** Where it stands among all. */
  private index: number;

  constructor(
    private readonly expire: () => void,
    private readonly all: Entry[],
  ) {
    this.index = all.length;
  }

  set(milliseconds: number): void {
    this.at = performance.now() + milliseconds;
  }

  clear(): void {
    this.at = Infinity;
  }

  dispose(): void {
    this.clear();
    if (this.all[this.index] !== this) return;
    const last = this.all.pop();
    if (!last || last === this) return;
    last.index = this.index;
    this.all[last.index] = last;
  }

  fire(): void {
    this.clear();
    this.expire();
  }
}

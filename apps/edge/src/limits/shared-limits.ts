/** Memory that all threads of an edge share: one counter per slot, then each thread's own part of it. */
export interface SharedLimitsMemory {
  readonly buffer: SharedArrayBuffer;
  readonly slots: number;
  readonly threads: number;
}

export const allocateLimits = (slots: number, threads: number): SharedLimitsMemory => ({
  buffer: new SharedArrayBuffer(slots * (threads + 1) * Int32Array.BYTES_PER_ELEMENT),
  slots,
  threads,
});

/** Counts what is in flight per backend, over all threads: a hard limit holds for the whole edge. */
export class SharedLimits {
  private readonly counts: Int32Array;

  /** @param thread which thread is counting, from 0 */
  constructor(
    private readonly memory: SharedLimitsMemory,
    private readonly thread: number,
  ) {
    this.counts = new Int32Array(memory.buffer);
  }

  load(slot: number): number {
    return Atomics.load(this.counts, slot);
  }

  /** Counts one more, unless `limit` are in flight. */
  tryAcquire(slot: number, limit: number): boolean {
    if (Atomics.add(this.counts, slot, 1) >= limit) {
      Atomics.sub(this.counts, slot, 1);
      return false;
    }
    Atomics.add(this.counts, this.ownIndex(slot, this.thread), 1);
    return true;
  }

  release(slot: number): void {
    Atomics.sub(this.counts, this.ownIndex(slot, this.thread), 1);
    Atomics.sub(this.counts, slot, 1);
  }

  /** Takes back what a thread that died had counted. */
  forget(thread: number): void {
    for (let slot = 0; slot < this.memory.slots; slot++) {
      const held = Atomics.exchange(this.counts, this.ownIndex(slot, thread), 0);
      if (held > 0) Atomics.sub(this.counts, slot, held);
    }
  }

  private ownIndex(slot: number, thread: number): number {
    return this.memory.slots * (thread + 1) + slot;
  }
}

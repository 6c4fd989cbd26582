import { TerminalError } from '@bulkhead/contracts/errors';

/** Gives each backend a slot of the shared counters. A slot is used again only when nobody counts on it any more. */
export class SlotAllocator {
  private readonly slotByKey = new Map<string, number>();
  private readonly free: number[] = [];
  private next = 0;

  constructor(
    private readonly slots: number,
    private readonly loadOf: (slot: number) => number,
  ) {}

  slotOf(key: string): number {
    const known = this.slotByKey.get(key);
    if (known !== undefined) return known;
    const slot = this.free.pop() ?? this.next++;
    if (slot >= this.slots)
      throw new TerminalError(
        'edge_slots_exhausted',
        `This edge can count ${this.slots} backends, not more.`,
      );
    this.slotByKey.set(key, slot);
    return slot;
  }

  /** Frees the slots of backends that are gone and idle. */
  retain(keys: ReadonlySet<string>): void {
    for (const [key, slot] of this.slotByKey) {
      if (keys.has(key) || this.loadOf(slot) > 0) continue;
      this.slotByKey.delete(key);
      this.free.push(slot);
    }
  }
}

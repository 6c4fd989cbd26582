import { BLOCK, SLOT } from './format.js';

const SLOTS = BLOCK / SLOT;

/** Places pieces so that none crosses a block, each in the block it leaves the least room in. */
export class Shelf {
  /** Numbers of blocks by the slots still free at their end. */
  private readonly byRoom: number[][] = Array.from({ length: SLOTS + 1 }, () => []);
  private blocks = 0;

  get bytes(): number {
    return this.blocks * BLOCK;
  }

  /** The offset of the piece; at most a block long. */
  place(bytes: number): number {
    const slots = Math.ceil(bytes / SLOT);
    const room = this.byRoom.findIndex((numbers, free) => free >= slots && numbers.length > 0);
    const block = this.byRoom[room]?.pop() ?? this.blocks++;
    const free = room < 0 ? SLOTS : room;
    this.byRoom[free - slots]?.push(block);
    return block * BLOCK + (SLOTS - free) * SLOT;
  }
}

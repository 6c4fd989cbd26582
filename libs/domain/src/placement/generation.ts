import type { Generation } from '../machine/events.js';

/**
 * The generation after `last` in a journal epoch. The count goes on and epochs grow, so that none is given out twice,
 * even where a restore forgot the newest ones.
 * @param epoch start of the scheduler's journal epoch, in unix seconds.
 */
export const nextGeneration = (last: Generation | null, epoch: number): Generation => ({
  epoch: Math.max(epoch, last?.epoch ?? 0),
  count: (last?.count ?? 0) + 1,
});

/** Negative where `a` is older than `b`, 0 where they are the same. */
export const compareGenerations = (a: Generation, b: Generation): number =>
  a.epoch - b.epoch || a.count - b.count;

/**
 * Numbers that follow from a seed, so that a run can be repeated (mulberry32).
 * @param {number} seed
 */
export function seeded(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(next() * limit);
  return {
    below,
    /** Inclusive. */
    between: (low, high) => low + below(high - low + 1),
    pick: (items) => items[below(items.length)],
    shuffled: (items) =>
      items
        .map((item) => [next(), item])
        .sort(([a], [b]) => a - b)
        .map(([, item]) => item),
    /** Another sequence that follows from this one's seed. */
    fork: (label) =>
      seeded([...label].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 16777619), seed)),
  };
}

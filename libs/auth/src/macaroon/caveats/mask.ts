/** A set of actions, one bit each: read 1, write 2, create 4, delete 8, control 16. 16 bits on the wire. */
export type Mask = number;

const LETTERS = [
  ['r', 1],
  ['w', 2],
  ['c', 4],
  ['d', 8],
  ['C', 16],
] as const;

export const MASK = { none: 0, read: 1, write: 2, create: 4, delete: 8, control: 16, all: 31 } as const;

/** `*` is every action that there will ever be. Letters that mean nothing are no mask: null. */
export function parseMask(text: string): Mask | null {
  if (text === '*') return 0xffff;
  let mask = 0;
  for (const each of text) {
    const bit = LETTERS.find(([letter]) => letter === each)?.[1];
    if (bit === undefined) return null;
    mask |= bit;
  }
  return mask;
}

export const printMask = (mask: Mask): string =>
  LETTERS.filter(([, bit]) => (mask & bit) !== 0)
    .map(([letter]) => letter)
    .join('');

export const isWithin = (actions: Mask, allowed: Mask): boolean => (actions & allowed) === actions;

import { createHash } from 'node:crypto';
import type { Random } from '@bulkhead/journal';

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

/** Repeatable randomness: the same seed gives the same ids and bytes in the same order. Never for a real key. */
export function seededRandom(seed: string): Random {
  let drawn = 0;
  const block = () => createHash('sha256').update(`${seed}/${drawn++}`).digest();
  return {
    id: () => `0${[...block().subarray(0, 25)].map((byte) => CROCKFORD[byte % 32]).join('')}`,
    bytes(count) {
      const blocks = Array.from({ length: Math.ceil(count / 32) }, block);
      return Buffer.concat(blocks).subarray(0, count);
    },
  };
}

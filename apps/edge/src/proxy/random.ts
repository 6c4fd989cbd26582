import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(8192);
let hex = '';
let used = pool.length;

/** Where `count` unused bytes of the pool begin. They are drawn in bulk: a system call for each use would cost more than parsing a request. */
function draw(count: number): number {
  if (used + count > pool.length) {
    randomFillSync(pool);
    hex = pool.toString('hex');
    used = 0;
  }
  const at = used;
  used += count;
  return at;
}

/** Random bytes in hex. */
export function randomHex(bytes: number): string {
  const at = draw(bytes);
  return hex.slice(at * 2, (at + bytes) * 2);
}

/** Random characters of a 32-letter alphabet. */
export function randomCharacters(count: number, alphabet: string): string {
  const at = draw(count);
  let text = '';
  for (let index = at; index < at + count; index++) text += alphabet.charAt((pool[index] ?? 0) & 31);
  return text;
}

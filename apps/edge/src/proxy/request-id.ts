import { randomCharacters } from './random.js';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;

let encodedAt = -1;
let encoded = '';

/** A ULID's first part, made once a millisecond. */
function timePart(now: number): string {
  if (now === encodedAt) return encoded;
  let text = '';
  for (let left = now, place = 0; place < TIME_CHARACTERS; place++, left = Math.floor(left / 32))
    text = CROCKFORD.charAt(left % 32) + text;
  encodedAt = now;
  return (encoded = text);
}

/** A ULID and the region: unique without coordination, sortable by time; the region says which edge to ask. */
export const newRequestId = (region: string): string =>
  `${timePart(Date.now())}${randomCharacters(RANDOM_CHARACTERS, CROCKFORD)}-${region}`;

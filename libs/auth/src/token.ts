import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * A token's text: `bhk_` and 256 random bits in base64url. Existing clients sort tokens by prefix and tamper with those that start
 * with `fm`, so an opaque one must start otherwise.
 */
const TOKEN = /^bhk_[A-Za-z0-9_-]{43}$/;

export const newToken = (): string => `bhk_${randomBytes(32).toString('base64url')}`;

export const isToken = (text: string): boolean => TOKEN.test(text);

/** What is kept of a token: SHA-256 of its whole text in hex. With 256 random bits inside, a plain hash tells nothing. */
export const hashToken = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** Compares two hex hashes in constant time. */
export function sameHash(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one, 'hex'), Buffer.from(other, 'hex')];
  return left.length === 32 && right.length === 32 && timingSafeEqual(left, right);
}

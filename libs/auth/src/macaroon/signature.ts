import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { MacaroonError } from './error.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The HMAC may be cut to half its length (RFC 2104 §5). */
const BINDING_BYTES = 16;

/** One link of the chain: HMAC-SHA256 (RFC 2104). */
export const sign = (key: Uint8Array, bytes: Uint8Array): Buffer =>
  createHmac('sha256', key).update(bytes).digest();

/** What makes a proof final: from the outcome the tail before can't be had, so that nobody can go on from it. */
export const finalize = (tail: Uint8Array): Buffer => sign(Buffer.from('proof-signature-finalization'), tail);

export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** By what a discharge names the token that it is for, without showing its tail. */
export const bindingOf = (tail: Uint8Array): Buffer => sha256(tail).subarray(0, BINDING_BYTES);

export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && timingSafeEqual(one, other);

export const newKey = (): Buffer => randomBytes(32);

/** ChaCha20-Poly1305 (RFC 8439): nonce (12) ‖ ciphertext ‖ tag (16). The key has 32 bytes. */
export function seal(key: Uint8Array, plaintext: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES });
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @throws MacaroonError `ticket_unreadable` for what was not sealed under this key. */
export function open(key: Uint8Array, box: Uint8Array): Buffer {
  if (box.length < NONCE_BYTES + TAG_BYTES) throw unreadable();
  const decipher = createDecipheriv('chacha20-poly1305', key, box.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(box.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw unreadable();
  }
}

const unreadable = () => new MacaroonError('ticket_unreadable', 'sealed under another key');

import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

const VERSION = 1;
const KEY_LENGTH = 32;
const TAG_LENGTH = 16;
const HEADER_LENGTH = 1 + KEY_LENGTH;
/** The key is used for one message, so that a fixed nonce never repeats under it. */
const NONCE = Buffer.alloc(12);
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** A sealed box that can't be opened: cut, changed, for another key or another context. It never says which. */
export class SealedBoxError extends Error {
  override readonly name = 'SealedBoxError';
  constructor() {
    super('the sealed box does not open with this key and context');
  }
}

/** An X25519 key pair (RFC 7748), each half as its 32 raw bytes. */
export interface SealKeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

export function generateSealKeyPair(): SealKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    publicKey: rawPublicKey(publicKey),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(PKCS8_PREFIX.length),
  };
}

/**
 * Encrypts to a public key so that only its holder can read, under a one-time key of the sender's.
 * version (1) ‖ one-time public key (32) ‖ AES-256-GCM ciphertext ‖ tag (16).
 * @param context what the value is and whose: a box opens under the same context only.
 */
export function seal(publicKey: Uint8Array, plaintext: Uint8Array, context: string): Uint8Array {
  const oneTime = generateKeyPairSync('x25519');
  const oneTimePublic = rawPublicKey(oneTime.publicKey);
  const key = agree(oneTime.privateKey, publicKey, oneTimePublic, publicKey);
  const cipher = createCipheriv('aes-256-gcm', key, NONCE);
  cipher.setAAD(Buffer.from(context));
  return Buffer.concat([
    Buffer.of(VERSION),
    oneTimePublic,
    cipher.update(plaintext),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

/** @throws SealedBoxError */
export function unseal(pair: SealKeyPair, box: Uint8Array, context: string): Uint8Array {
  if (box.length < HEADER_LENGTH + TAG_LENGTH || box[0] !== VERSION) throw new SealedBoxError();
  try {
    const oneTime = box.subarray(1, HEADER_LENGTH);
    const key = agree(privateKey(pair.privateKey), oneTime, oneTime, pair.publicKey);
    const decipher = createDecipheriv('aes-256-gcm', key, NONCE, { authTagLength: TAG_LENGTH });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(box.subarray(box.length - TAG_LENGTH));
    return Buffer.concat([
      decipher.update(box.subarray(HEADER_LENGTH, box.length - TAG_LENGTH)),
      decipher.final(),
    ]);
  } catch {
    throw new SealedBoxError();
  }
}

function agree(ours: KeyObject, theirs: Uint8Array, oneTime: Uint8Array, receiver: Uint8Array): Buffer {
  const shared = diffieHellman({ privateKey: ours, publicKey: publicKey(theirs) });
  return Buffer.from(
    hkdfSync('sha256', shared, Buffer.concat([oneTime, receiver]), 'bulkhead sealed box v1', 32),
  );
}

const rawPublicKey = (key: KeyObject): Buffer =>
  key.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length);

const publicKey = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });

const privateKey = (raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, raw]), format: 'der', type: 'pkcs8' });

import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { KeyPair } from '@nats-io/nkeys';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const RAW_LENGTH = 32;
/** Two bytes that name seed and kind, the raw seed, two of checksum. */
const SEED_BYTES = 2 + RAW_LENGTH + 2;

/**
 * An nkey that signs with Node's own Ed25519. The library's, in JavaScript, takes 10 ms for each signature and each look at its
 * public key, which stops a vault that renews a thousand hosts.
 */
export class BusKey implements KeyPair {
  private readonly publicKey: string;

  private constructor(
    private readonly seed: string,
    private readonly key: KeyObject,
    kind: number,
  ) {
    const raw = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-RAW_LENGTH);
    this.publicKey = encode(Buffer.concat([Buffer.of(kind), raw]));
  }

  /** @throws Error for a text that is no seed. */
  static fromSeed(seed: string): BusKey {
    const bytes = decode(seed);
    if (!seed.startsWith('S') || bytes.length !== SEED_BYTES || encode(bytes.subarray(0, -2)) !== seed)
      throw new Error('not the seed of an nkey');
    const [first = 0, second = 0] = bytes;
    const kind = ((first & 0b111) << 5) | ((second & 0b1111_1000) >> 3);
    const der = Buffer.concat([PKCS8_PREFIX, bytes.subarray(2, 2 + RAW_LENGTH)]);
    return new BusKey(seed, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), kind);
  }

  getPublicKey(): string {
    return this.publicKey;
  }

  getSeed(): Uint8Array {
    return Buffer.from(this.seed);
  }

  getPrivateKey(): Uint8Array {
    return Buffer.from(this.seed);
  }

  sign(input: Uint8Array): Uint8Array {
    return sign(null, input, this.key);
  }

  verify(input: Uint8Array, signature: Uint8Array): boolean {
    return verify(null, input, createPublicKey(this.key), signature);
  }

  clear(): void {
    throw new Error('not for this key: it lives as long as its process');
  }

  seal(): Uint8Array {
    throw new Error('a signing key does not encrypt');
  }

  open(): Uint8Array {
    throw new Error('a signing key does not decrypt');
  }
}

/** Base32 (RFC 4648, without padding) of the bytes and their CRC-16/XMODEM, little-endian. */
function encode(bytes: Uint8Array): string {
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc16(bytes));
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of Buffer.concat([bytes, checksum])) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((held >> (bits - 5)) & 31);
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET.charAt((held << (5 - bits)) & 31) : text;
}

function decode(text: string): Buffer {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const char of text) {
    const value = ALPHABET.indexOf(char);
    if (value < 0) throw new Error('not base32');
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return Buffer.from(bytes);
}

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}

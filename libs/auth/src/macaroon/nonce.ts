import { createHash } from 'node:crypto';
import { MacaroonError } from './error.js';
import type { Reader } from './wire/reader.js';
import { Writer } from './wire/writer.js';

const NAMESPACE = Buffer.from('968fc2c6a94f4988a5442ad72b02f222', 'hex');

/** What makes a token another than all before it, and names the key that signed it. */
export interface Nonce {
  /** Names the key: of a permission token a root key, of a discharge it is the ticket. */
  readonly kid: Buffer;
  readonly random: Buffer;
  /** A proof is final: nobody can add caveats, so that what it attests stays what its maker said. */
  readonly proof: boolean;
  /** As received; the first signature is over it. */
  readonly raw: Buffer;
}

export function newNonce(kid: Uint8Array, random: Uint8Array, proof: boolean): Nonce {
  const raw = new Writer().array(3).binary(kid).binary(random).bool(proof).bytes();
  return { kid: Buffer.from(kid), random: Buffer.from(random), proof, raw };
}

/** The oldest form has no third field. @throws MacaroonError `malformed` */
export function readNonce(from: Reader): Nonce {
  const start = from.position;
  const fields = from.array();
  if (fields !== 2 && fields !== 3) throw new MacaroonError('malformed', `a nonce of ${fields} fields`);
  const [kid, random] = [from.binary(), from.binary()];
  const proof = fields === 3 && from.bool();
  return { kid, random, proof, raw: from.since(start) };
}

/** A token's name: the same for all that were attenuated from one. UUIDs of version 5 (RFC 9562 §5.5) of key id, then randomness. */
export const uuidOf = ({ kid, random }: Pick<Nonce, 'kid' | 'random'>): string => {
  const hex = uuid5(uuid5(NAMESPACE, kid), random).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

function uuid5(namespace: Uint8Array, name: Uint8Array): Buffer {
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes;
}

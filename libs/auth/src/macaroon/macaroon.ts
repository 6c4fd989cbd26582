import { randomBytes } from 'node:crypto';
import { isAttestation } from './caveat-types.js';
import { readCaveats, signedBytes, writeCaveats, type Caveat } from './caveat.js';
import { MacaroonError } from './error.js';
import { newNonce, readNonce, type Nonce } from './nonce.js';
import { finalize, sign } from './signature.js';
import { Reader } from './wire/reader.js';
import { Writer } from './wire/writer.js';

/** Longer tokens are refused unread. */
export const MAX_TOKEN_BYTES = 16 * 1024;
const TAIL_BYTES = 32;

/**
 * A token: a nonce signed with a key, and caveats, each signed with the signature before it. Whoever holds a token can narrow it
 * without knowing the key, and nobody can take a caveat away.
 */
export interface Macaroon {
  readonly nonce: Nonce;
  /** Who verifies it. Not signed: verification compares it with what it expects. */
  readonly location: string;
  /** Unverified, as long as {@link verify} has not said otherwise. */
  readonly caveats: readonly Caveat[];
  readonly tail: Buffer;
}

interface Origin {
  readonly kid: Uint8Array;
  readonly location: string;
  readonly key: Uint8Array;
  /** 16 bytes that no other token of this key has. */
  readonly random?: Uint8Array;
}

/** A new token, as mighty as its key until it is attenuated. */
export function mint(
  { kid, location, key, random = randomBytes(16) }: Origin,
  caveats: readonly Caveat[],
): Macaroon {
  const nonce = newNonce(kid, random, false);
  return attenuate({ nonce, location, caveats: [], tail: sign(key, nonce.raw) }, caveats);
}

/** A new proof: its caveats are what they are from the start, since nobody can add any. Only proofs may attest who somebody is. */
export function mintProof(
  { kid, location, key, random = randomBytes(16) }: Origin,
  caveats: readonly Caveat[],
): Macaroon {
  const nonce = newNonce(kid, random, true);
  const tail = caveats.reduce(link, sign(key, nonce.raw));
  return { nonce, location, caveats, tail: finalize(tail) };
}

/**
 * The token, narrowed. Caveats it has already are not added again.
 * @throws MacaroonError `finalized` for a proof, `attestation_misplaced`
 */
export function attenuate(token: Macaroon, added: readonly Caveat[]): Macaroon {
  if (token.nonce.proof) throw new MacaroonError('finalized', 'nothing can be added to a proof');
  if (added.some(({ type }) => isAttestation(type)))
    throw new MacaroonError('attestation_misplaced', 'only proofs may attest who somebody is');
  const fresh = withoutRepeats(token.caveats, added);
  return { ...token, caveats: [...token.caveats, ...fresh], tail: fresh.reduce(link, token.tail) };
}

/** The signature after one more caveat. */
export const link = (tail: Buffer, caveat: Caveat): Buffer => sign(tail, signedBytes(caveat));

export function encode({ nonce, location, caveats, tail }: Macaroon): Buffer {
  const to = new Writer().array(4).raw(nonce.raw).text(location);
  writeCaveats(to, caveats);
  return to.binary(tail).bytes();
}

/** Reads a token; nothing in it is to be believed before it is verified. @throws MacaroonError `malformed` or `too_large` */
export function decode(bytes: Buffer): Macaroon {
  if (bytes.length > MAX_TOKEN_BYTES)
    throw new MacaroonError('too_large', `a token of more than ${MAX_TOKEN_BYTES} bytes`);
  const from = new Reader(bytes);
  from.struct(4);
  const [nonce, location, caveats, tail] = [readNonce(from), from.text(), readCaveats(from), from.binary()];
  from.end();
  if (tail.length !== TAIL_BYTES) throw new MacaroonError('malformed', 'a signature of another length');
  return { nonce, location, caveats, tail };
}

function withoutRepeats(present: readonly Caveat[], added: readonly Caveat[]): readonly Caveat[] {
  const seen = new Set(present.map(({ raw }) => raw.toString('latin1')));
  return added.filter(({ raw }) => {
    const key = raw.toString('latin1');
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

import { MacaroonError } from './error.js';
import { Reader } from './wire/reader.js';
import { Writer } from './wire/writer.js';

/** More are refused: each costs one signature to verify. */
const MAX_CAVEATS = 256;

/** A caveat as it travels. What it means is none of verification's business: unknown ones are signed and carried like all others. */
export interface Caveat {
  readonly type: bigint;
  /** As received: signatures are over these bytes, never over what somebody would write instead. */
  readonly body: Buffer;
  /** Type and body as received. */
  readonly raw: Buffer;
}

export function caveat(type: bigint, write: (to: Writer) => void): Caveat {
  const [typed, body] = [new Writer().int(type).bytes(), new Writer()];
  write(body);
  const bytes = body.bytes();
  return { type, body: bytes, raw: Buffer.concat([typed, bytes]) };
}

/** Types and bodies in turn, in one flat array. @throws MacaroonError `malformed` or `too_large` */
export function readCaveats(from: Reader): readonly Caveat[] {
  const length = from.array();
  if (length % 2 !== 0) throw new MacaroonError('malformed', 'a caveat without a body');
  if (length > 2 * MAX_CAVEATS) throw new MacaroonError('too_large', `more than ${MAX_CAVEATS} caveats`);
  return Array.from({ length: length / 2 }, () => readCaveat(from));
}

function readCaveat(from: Reader): Caveat {
  const start = from.position;
  const type = from.uint();
  const begin = from.position;
  from.skip();
  return { type, body: from.since(begin), raw: from.since(start) };
}

export function writeCaveats(to: Writer, caveats: readonly Caveat[]): void {
  to.array(2 * caveats.length);
  for (const { raw } of caveats) to.raw(raw);
}

/** A set of caveats by itself, as it is asked for at minting. */
export function bytesOf(caveats: readonly Caveat[]): Buffer {
  const to = new Writer();
  writeCaveats(to, caveats);
  return to.bytes();
}

/** @throws MacaroonError `malformed` or `too_large` */
export function caveatsOf(bytes: Buffer): readonly Caveat[] {
  const from = new Reader(bytes);
  const caveats = readCaveats(from);
  from.end();
  return caveats;
}

const ONE_CAVEAT = Buffer.of(0x92);

/** What the signature of a caveat is over: the encoding of a set that holds it alone. */
export const signedBytes = ({ raw }: Caveat): Buffer => Buffer.concat([ONE_CAVEAT, raw]);

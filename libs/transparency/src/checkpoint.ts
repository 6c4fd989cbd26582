import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { Hash } from './tree.js';
import { HASH_BYTES } from './tree.js';

/**
 * A signed tree head as a checkpoint (C2SP tlog-checkpoint) in a signed note (C2SP signed-note), so that a witness that knows
 * neither Bulkhead nor its software can keep and compare it.
 */
export interface Checkpoint {
  /** Which log this is: a name that no other log has. */
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

export interface SignedCheckpoint extends Checkpoint {
  readonly note: string;
}

/** What is wrong with a note; never thrown for a merely unknown further signature. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

const MAX_NOTE_BYTES = 4096;
const ED25519 = 1;
const ED25519_SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** The text that is signed. */
export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`;

/** @param signature Ed25519 over `checkpointText`, 64 bytes. */
export const checkpointNote = (head: Checkpoint, publicKey: Uint8Array, signature: Uint8Array): string =>
  `${checkpointText(head)}\n— ${head.origin} ${Buffer.concat([keyId(head.origin, publicKey), signature]).toString('base64')}\n`;

/**
 * Opens a note and checks the signature of the log's own key.
 * @param publicKey raw Ed25519 key, 32 bytes.
 * @throws CheckpointError saying what is wrong.
 */
export function openCheckpoint(note: string, publicKey: Uint8Array): SignedCheckpoint {
  const head = parseCheckpoint(note);
  const signature = signaturesOf(note).find(
    (candidate) => candidate.name === head.origin && candidate.keyId.equals(keyId(head.origin, publicKey)),
  );
  if (!signature)
    throw new CheckpointError(`the head carries no signature of the key given for ${head.origin}`);
  if (!verify(null, Buffer.from(checkpointText(head)), ed25519Key(publicKey), signature.bytes))
    throw new CheckpointError('the signature of the head is wrong: it was not made by the key given');
  return { ...head, note };
}

/** Reads a note without trusting it. */
export function parseCheckpoint(note: string): Checkpoint {
  if (Buffer.byteLength(note) > MAX_NOTE_BYTES) throw new CheckpointError('longer than a head can be');
  const [origin, size, root, blank] = note.split('\n');
  if (!origin || !size || !root || blank !== '' || !/^(0|[1-9]\d{0,15})$/.test(size))
    throw new CheckpointError('not a checkpoint: expected origin, size, root and an empty line');
  const hash = Buffer.from(root, 'base64');
  if (hash.length !== HASH_BYTES || hash.toString('base64') !== root)
    throw new CheckpointError('not a checkpoint: the root is no SHA-256 hash in base64');
  return { origin, size: Number(size), root: hash };
}

export const ed25519Key = (raw: Uint8Array): KeyObject => {
  if (raw.length !== 32) throw new CheckpointError('an Ed25519 public key has 32 bytes');
  return createPublicKey({ key: Buffer.concat([ED25519_SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
};

/** C2SP signed-note: the first four bytes of SHA-256(name || 0x0A || type || key). */
function keyId(name: string, publicKey: Uint8Array): Buffer {
  return createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from([ED25519]))
    .update(publicKey)
    .digest()
    .subarray(0, 4);
}

function signaturesOf(note: string): { name: string; keyId: Buffer; bytes: Buffer }[] {
  const lines = note.slice(note.indexOf('\n\n') + 2).split('\n');
  return lines.flatMap((line) => {
    const [dash, name, encoded, ...rest] = line.split(' ');
    if (dash !== '—' || !name || !encoded || rest.length > 0) return [];
    const bytes = Buffer.from(encoded, 'base64');
    return bytes.length === 68 ? [{ name, keyId: bytes.subarray(0, 4), bytes: bytes.subarray(4) }] : [];
  });
}

import { z } from 'zod';
import { openCheckpoint, type Checkpoint } from './checkpoint.js';
import { entryHash } from './entry.js';
import { exportedEntry } from './export.js';
import { verifyInclusion } from './tree.js';

/** That one event is in the log: its own bytes and hashes, nobody else's bytes. */
export const eventProof = z.strictObject({
  format: z.literal('bulkhead-event-proof'),
  v: z.literal(1),
  entry: exportedEntry.omit({ leaf: true }),
  /** Siblings from the leaf up, base64. A tree of 2^53 leaves has 53 levels. */
  path: z.array(z.string().max(64)).max(53),
  head: z.string().max(4096),
});
export type EventProof = z.infer<typeof eventProof>;

/**
 * @returns the head that the event is proven against, or null where the proof does not lead to it.
 * @throws CheckpointError where the head was not signed by the key given.
 */
export function verifyEvent(proof: EventProof, publicKey: Uint8Array): Checkpoint | null {
  const head = openCheckpoint(proof.head, publicKey);
  const leaf = entryHash({ ...proof.entry, body: Buffer.from(proof.entry.body, 'base64') });
  const path = proof.path.map((hash) => Buffer.from(hash, 'base64'));
  return verifyInclusion(leaf, proof.entry.index, head.size, path, head.root) ? head : null;
}

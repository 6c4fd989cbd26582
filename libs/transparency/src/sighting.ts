import { openCheckpoint } from './checkpoint.js';
import { verifyConsistency, type Hash } from './tree.js';

/** A head that somebody kept, with the key that signed it. */
export interface KeptHead {
  /** Raw Ed25519 key, 32 bytes. */
  readonly publicKey: Buffer;
  readonly note: string;
}

/** A log as it shows itself now. */
export interface ShownLog {
  readonly publicKey: Buffer;
  /** Its newest head; null where it has none. */
  readonly note: string | null;
  /** Its proof that the log of `to` entries begins with that of `from`. */
  consistency(from: number, to: number): Promise<readonly Hash[]>;
}

/** What a look at a log's newest head came to. */
export type Sighting =
  | { readonly seen: 'nothing-new' }
  | { readonly seen: 'grown'; readonly size: number; readonly head: KeptHead }
  /** The log is not what it was: its past was changed, or its key. */
  | { readonly seen: 'contradiction'; readonly problem: string };

/**
 * Holds a log to the head that was kept last; the first one seen is believed.
 * @throws CheckpointError for a head that its own key did not sign.
 */
export async function lookAt(log: ShownLog, last: KeptHead | null): Promise<Sighting> {
  const { publicKey, note } = log;
  if (note === null)
    return last ? contradiction('the log is empty, but it was not before') : { seen: 'nothing-new' };
  if (last && !last.publicKey.equals(publicKey)) return contradiction('the log has another key than before');
  const head = openCheckpoint(note, publicKey);
  const grown: Sighting = { seen: 'grown', size: head.size, head: { publicKey, note } };
  if (!last) return grown;
  const kept = openCheckpoint(last.note, last.publicKey);
  if (head.origin !== kept.origin)
    return contradiction(`the log calls itself ${head.origin}, but it was ${kept.origin}`);
  if (head.size < kept.size)
    return contradiction(`the log has ${head.size} entries, but it had ${kept.size}`);
  if (head.size === kept.size)
    return head.root.equals(kept.root)
      ? { seen: 'nothing-new' }
      : contradiction(`two heads over ${head.size} entries differ`);
  const proof = await log.consistency(kept.size, head.size);
  return verifyConsistency(kept.size, head.size, kept.root, head.root, [...proof])
    ? grown
    : contradiction(`the log of ${head.size} entries does not begin with that of ${kept.size}`);
}

const contradiction = (problem: string): Sighting => ({ seen: 'contradiction', problem });

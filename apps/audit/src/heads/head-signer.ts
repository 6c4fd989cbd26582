import { Leadership, type Clock, type Database, type LeadershipStore } from '@bulkhead/journal';
import { checkpointNote, openCheckpoint, type Checkpoint } from '@bulkhead/transparency';
import { logSize, rootAt } from '../log/transparency-log.js';
import { keepHead, newestHead, type StoredHead } from './head-store.js';

/** The log's key, which the vault alone holds. */
export interface LogKey {
  /** Raw Ed25519 key, 32 bytes. */
  readonly publicKey: Buffer;
  /** Signs the text of a checkpoint. */
  sign(head: Checkpoint): Promise<Buffer>;
}

export interface HeadSignerOptions {
  readonly database: Database;
  readonly leadership: LeadershipStore;
  readonly clock: Clock;
  readonly holder: string;
  readonly origin: string;
  readonly key: () => Promise<LogKey>;
  /** A new head was kept. */
  readonly signed: (head: StoredHead) => void;
  readonly report: (error: unknown) => void;
}

/** At most one head a second, and only when there is something new. */
export const HEAD_INTERVAL_MS = 1_000;

/** Signs the log's head as it grows; one copy at a time. */
export class HeadSigner {
  readonly #leadership: Leadership;

  constructor(private readonly options: HeadSignerOptions) {
    this.#leadership = new Leadership({
      store: options.leadership,
      role: 'head-signer',
      holder: options.holder,
      clock: options.clock,
      report: options.report,
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#leadership.lead(signal, async (_leader, within) => {
      while (!within.aborted) {
        await this.signOnce().catch(this.options.report);
        await this.options.clock.sleep(HEAD_INTERVAL_MS, within);
      }
    });
  }

  /** @returns the head kept now, or null where the newest covers everything. */
  async signOnce(): Promise<StoredHead | null> {
    const { database, origin, signed } = this.options;
    const [size, last] = await Promise.all([logSize(database), newestHead(database)]);
    if (size === 0 || (last && last.size >= size)) return null;
    const checkpoint = { origin, size, root: await rootAt(database, size) };
    const key = await this.options.key();
    const note = checkpointNote(checkpoint, key.publicKey, await key.sign(checkpoint));
    // A head that does not open with the log's own key must never be handed out.
    openCheckpoint(note, key.publicKey);
    const head = { size, note };
    await keepHead(database, head);
    signed(head);
    return head;
  }
}

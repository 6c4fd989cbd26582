import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { newId } from '@bulkhead/contracts';
import { consistencyResult, headResult } from '@bulkhead/contracts/commands/audit';
import type { CommandBus } from '@bulkhead/journal';
import { openCheckpoint, verifyConsistency, type SignedCheckpoint } from '@bulkhead/transparency';
import { z } from 'zod';

const kept = z.strictObject({ publicKey: z.string(), note: z.string(), seenAt: z.string() });

/** What a look at the log's newest head came to. */
export type Sighting =
  | { readonly seen: 'nothing-new' }
  | { readonly seen: 'grown'; readonly size: number }
  /** The log is not what it was: its past was changed, or its key. */
  | { readonly seen: 'contradiction'; readonly problem: string };

const EVERY_MS = 60_000;

/**
 * Keeps the audit log's heads on this host, outside the control plane's reach, and checks that each new one goes on from the last. The
 * key is believed at first sight and never changes.
 */
export class HeadWitness {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    /** One JSON object a line, oldest first; the last one is compared with. */
    private readonly path: string,
    private readonly commands: Pick<CommandBus, 'command'>,
    private readonly said: (sighting: Sighting) => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.look().then(this.said, this.failed), EVERY_MS);
    void this.look().then(this.said, this.failed);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async look(): Promise<Sighting> {
    const last = await this.#last();
    const { result } = await this.commands.command('audit', 'head', { id: newId(), input: {} }, headResult);
    if (result.note === null)
      return last ? contradiction('the log is empty, but it was not before') : { seen: 'nothing-new' };
    const publicKey = Buffer.from(result.publicKey, 'base64');
    if (last && !last.publicKey.equals(publicKey))
      return contradiction('the log has another key than before');
    const head = openCheckpoint(result.note, publicKey);
    if (!last) return this.#keep(head, publicKey);
    if (head.size < last.head.size)
      return contradiction(`the log has ${head.size} entries, but it had ${last.head.size}`);
    if (head.size === last.head.size)
      return head.root.equals(last.head.root)
        ? { seen: 'nothing-new' }
        : contradiction(`two heads over ${head.size} entries differ`);
    return (await this.#goesOn(last.head, head))
      ? this.#keep(head, publicKey)
      : contradiction(`the log of ${head.size} entries does not begin with that of ${last.head.size}`);
  }

  async #goesOn(from: SignedCheckpoint, to: SignedCheckpoint): Promise<boolean> {
    const input = { from: from.size, to: to.size };
    const { result } = await this.commands.command(
      'audit',
      'consistency',
      { id: newId(), input },
      consistencyResult,
    );
    const proof = result.proof.map((hash) => Buffer.from(hash, 'base64'));
    return verifyConsistency(from.size, to.size, from.root, to.root, proof);
  }

  async #keep(head: SignedCheckpoint, publicKey: Buffer): Promise<Sighting> {
    const line = {
      publicKey: publicKey.toString('base64'),
      note: head.note,
      seenAt: new Date().toISOString(),
    };
    await this.#trim();
    await appendFile(this.path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    return { seen: 'grown', size: head.size };
  }

  async #last(): Promise<{ head: SignedCheckpoint; publicKey: Buffer } | null> {
    const line = (await this.#lines()).at(-1);
    if (line === undefined) return null;
    const { publicKey, note } = kept.parse(JSON.parse(line));
    const key = Buffer.from(publicKey, 'base64');
    return { head: openCheckpoint(note, key), publicKey: key };
  }

  /** Every tenth of a full file stays: old heads thin out, the newest are all there. */
  async #trim(): Promise<void> {
    const lines = await this.#lines();
    if (lines.length < MOST_LINES) return;
    const half = lines.length / 2;
    const fewer = lines.filter((_, n) => n >= half || n % 10 === 0);
    await writeFile(`${this.path}.new`, `${fewer.join('\n')}\n`, { mode: 0o600 });
    await rename(`${this.path}.new`, this.path);
  }

  async #lines(): Promise<string[]> {
    try {
      return (await readFile(this.path, 'utf8')).split('\n').filter((line) => line !== '');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

const MOST_LINES = 10_000;

const contradiction = (problem: string): Sighting => ({ seen: 'contradiction', problem });

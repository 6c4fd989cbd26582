import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { newId } from '@bulkhead/contracts';
import { consistencyResult, headResult } from '@bulkhead/contracts/commands/audit';
import type { CommandBus } from '@bulkhead/journal';
import { lookAt, type KeptHead, type Sighting } from '@bulkhead/transparency';
import { z } from 'zod';

const kept = z.strictObject({ publicKey: z.string(), note: z.string(), seenAt: z.string() });

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
    const { result } = await this.#ask('head', {}, headResult);
    const log = {
      publicKey: Buffer.from(result.publicKey, 'base64'),
      note: result.note,
      consistency: async (from: number, to: number) => {
        const { proof } = (await this.#ask('consistency', { from, to }, consistencyResult)).result;
        return proof.map((hash) => Buffer.from(hash, 'base64'));
      },
    };
    const sighting = await lookAt(log, await this.#last());
    if (sighting.seen === 'grown') await this.#keep(sighting.head);
    return sighting;
  }

  #ask<Result>(name: string, input: Readonly<Record<string, unknown>>, result: z.ZodType<Result>) {
    return this.commands.command('audit', name, { id: newId(), input }, result);
  }

  async #keep({ note, publicKey }: KeptHead): Promise<void> {
    const line = { publicKey: publicKey.toString('base64'), note, seenAt: new Date().toISOString() };
    await this.#trim();
    await appendFile(this.path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  }

  async #last(): Promise<KeptHead | null> {
    const line = (await this.#lines()).at(-1);
    if (line === undefined) return null;
    const { publicKey, note } = kept.parse(JSON.parse(line));
    return { note, publicKey: Buffer.from(publicKey, 'base64') };
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

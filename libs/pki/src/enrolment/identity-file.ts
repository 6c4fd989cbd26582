import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TerminalError, parseJson } from '@bulkhead/contracts';
import { z } from 'zod';
import { hasErrno } from './errno.js';
import { credential } from './protocol.js';

/** Secrets an identity makes for itself. They are kept before the first request, so that a lost answer is asked again. */
export const ownKeys = z.strictObject({
  privateKey: z.string(),
  /** Seed of the bus user's nkey. */
  busSeed: z.string(),
  /** X25519 pair, base64; only hosts have one. It stays the same for life: what is sealed to it must open later. */
  seal: z.strictObject({ publicKey: z.base64(), privateKey: z.base64() }).optional(),
});
export type OwnKeys = z.infer<typeof ownKeys>;

/** All that an identity keeps, in one file: replaced as a whole, so key and certificate always match. */
export const keptIdentity = z.strictObject({ keys: ownKeys, credential: credential.optional() });
export type KeptIdentity = z.infer<typeof keptIdentity>;

/** `identity.json` (0600) in a directory of the process's own (0700). */
export class IdentityFile {
  private readonly path: string;

  constructor(private readonly directory: string) {
    this.path = join(directory, 'identity.json');
  }

  /** @throws TerminalError `identity_file_invalid` where the file is there but not what was written. */
  async load(): Promise<KeptIdentity | undefined> {
    const text = await readIfThere(this.path);
    if (text === undefined) return undefined;
    const parsed = keptIdentity.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new TerminalError(
      'identity_file_invalid',
      `${this.path} is damaged. Remove it and start again with a new join token.`,
      { cause: parsed.error },
    );
  }

  async save(kept: KeptIdentity): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await chmod(this.directory, 0o700);
    await writeFileAtomic(this.path, JSON.stringify(kept), 0o600);
  }
}

/** Writes a file so that after a crash either the old or the new content is there, never a part. */
export async function writeFileAtomic(path: string, content: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const directory = await open(dirname(path), 'r');
  await directory.sync().finally(() => directory.close());
}

/** A file's text, or undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

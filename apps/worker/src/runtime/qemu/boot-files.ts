import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const manifest = z.object({
  kernel: z.string().startsWith('/'),
  initrd: z.string().startsWith('/'),
  version: z.string(),
  /** SHA-256 over both files. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What every VM of a host boots from. */
export type BootFiles = z.infer<typeof manifest>;

/** Reads what `scripts/setup/guest.mjs` left in its cache directory. */
export async function readBootFiles(cacheDir: string): Promise<BootFiles> {
  const path = join(cacheDir, 'guest.json');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`No guest kernel at ${path}; run: node scripts/setup/guest.mjs ${cacheDir}`, { cause });
  });
  return manifest.parse(JSON.parse(text));
}

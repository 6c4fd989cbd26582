import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readIfThere, writeFileAtomic } from '@bulkhead/pki';

/** Gives a file this content; says whether it had another one. Its directory is made where it is missing, closed to others. */
export async function provideFile(path: string, content: string, mode: number): Promise<boolean> {
  if ((await readIfThere(path)) === content) return false;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomic(path, content, mode);
  return true;
}

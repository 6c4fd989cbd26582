import { readFile, writeFile } from 'node:fs/promises';
import { parseJson } from '@bulkhead/contracts';
import { parseCheckpoint } from '@bulkhead/transparency';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { unreadable } from './unreadable.js';

/** A head as it is kept elsewhere, with the log's key: together they are all that a later proof has to believe. */
const headFile = z.strictObject({
  format: z.literal('bulkhead-trusted-head'),
  v: z.literal(1),
  publicKey: z.string().max(64),
  note: z.string().max(4096),
});
export type HeadFile = z.infer<typeof headFile>;

export const headFileOf = (note: string, publicKey: string): HeadFile => ({
  format: 'bulkhead-trusted-head',
  v: 1,
  publicKey,
  note,
});

export const writeHeadFile = (file: string, head: HeadFile): Promise<void> =>
  writeFile(file, `${JSON.stringify(head, null, 2)}\n`).catch((error: unknown) => {
    throw unreadable(file, error);
  });

/** Null for another text. */
export const parseHeadFile = (text: string): HeadFile | null =>
  headFile.safeParse(parseJson(text)).data ?? null;

/** Null where there is no such file. @throws CliError for one that is no head. */
export async function readHeadFile(file: string): Promise<HeadFile | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw unreadable(file, error);
  });
  if (text === null) return null;
  const parsed = parseHeadFile(text);
  if (parsed) return parsed;
  throw new CliError(`${file} is no head of the audit log.`, {
    code: 'bad_head',
    exitCode: EXIT.usage,
    advice: 'Keep one with: bulkhead audit head --save FILE',
  });
}

/** What a note is about, for people. */
export const describeNote = (note: string): string => {
  const { origin, size, root } = parseCheckpoint(note);
  return `${origin}: ${size} entries, root ${root.toString('base64')}`;
};

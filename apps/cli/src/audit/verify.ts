import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parseJson } from '@bulkhead/contracts';
import {
  CheckpointError,
  exportHeader,
  verifyExport,
  type TrustedHead,
  type Verdict,
} from '@bulkhead/transparency';
import { Command } from 'commander';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { parseHeadFile } from './head-file.js';
import { unreadable } from './unreadable.js';

const options = z.object({ trustedHead: z.string().optional(), key: z.string().optional() });

export const verifyAuditExport = (context: Context) =>
  new Command('verify')
    .description('prove offline that nothing in an export of the audit log was altered, removed or reordered')
    .argument('<export>', 'file made by: bulkhead audit export')
    .option(
      '--trusted-head <file>',
      'a head that was kept elsewhere, as bulkhead audit head --save writes it',
    )
    .option('--key <base64>', 'the log’s public key, known from elsewhere; else the one kept with the head')
    .action(async (file: string, given: unknown) => {
      const { trustedHead, key } = options.parse(given);
      const trusted = trustedHead === undefined ? undefined : await readTrusted(trustedHead, key, file);
      const verdict = await verify(file, trusted);
      context.show(verdict, () => describe(verdict));
      if (!verdict.ok) context.exitCode = EXIT.foundProblems;
    });

async function verify(file: string, trusted: TrustedHead | undefined): Promise<Verdict> {
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
  try {
    return await verifyExport(lines, trusted);
  } catch (error) {
    if (error instanceof CheckpointError)
      throw new CliError(`The trusted head can't be used: ${error.message}`, {
        code: 'bad_head',
        exitCode: EXIT.usage,
      });
    throw unreadable(file, error);
  }
}

/**
 * A head as `bulkhead audit head --save` keeps it, or the bare note that a witness has. Its root is what is trusted; its signature only
 * shows that the right key was kept with it.
 */
async function readTrusted(file: string, key: string | undefined, exported: string): Promise<TrustedHead> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, error);
  });
  const kept = parseHeadFile(text);
  const publicKey = key ?? kept?.publicKey ?? (await keyNamedBy(exported));
  return { note: kept?.note ?? text, publicKey: Buffer.from(publicKey, 'base64') };
}

async function keyNamedBy(file: string): Promise<string> {
  const handle = await open(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(4096), position: 0 });
    const header = exportHeader.safeParse(
      parseJson(buffer.toString('utf8', 0, bytesRead).split('\n')[0] ?? ''),
    );
    if (header.success) return header.data.publicKey;
    throw new CliError(`${file} is not an export of the audit log.`, {
      code: 'not_an_export',
      exitCode: EXIT.usage,
      advice: 'Make one with: bulkhead audit export',
    });
  } finally {
    await handle.close();
  }
}

function describe(verdict: Verdict): string {
  if (!verdict.ok) {
    const { index, upTo, problem } = verdict.bad;
    const where = upTo === undefined || upTo === index ? `entry ${index}` : `entries ${index} to ${upTo}`;
    return `NOT PROVEN. First fault at ${where}: ${problem}`;
  }
  return verdict.proof === 'against-head' && verdict.trusted
    ? `Proven: the first ${verdict.trusted.size} of ${verdict.entries} entries are those of the trusted head; nothing was altered, removed or reordered.`
    : `Consistent with itself: ${verdict.entries} entries, ${verdict.heads} heads. Without a trusted head this says no more.`;
}

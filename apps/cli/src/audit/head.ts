import {
  CheckpointError,
  openCheckpoint,
  verifyConsistency,
  type SignedCheckpoint,
} from '@bulkhead/transparency';
import { Command } from 'commander';
import { z } from 'zod';
import type { ApiClient } from '../api/api-client.js';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { describeNote, headFileOf, readHeadFile, writeHeadFile, type HeadFile } from './head-file.js';

const options = z.object({ save: z.string().optional() });
const head = z.looseObject({ note: z.string().nullable(), public_key: z.string() });
const consistency = z.looseObject({ proof: z.array(z.string()) });

const HOW_TO_KEEP = `
A head says what the log was at one moment. What proves something later is a head that nobody who could change the log could
change too: keep the file on another machine, on paper, or with somebody else, and get it anew now and then, for each covers only
what came before it. Where FILE is there already, the newer head takes its place only if the log proves that it begins with the
older one.`;

export const auditHead = (context: Context) =>
  new Command('head')
    .description('the newest signed head of the audit log, to be kept elsewhere')
    .option('--save <file>', 'write head and key to a file, for: bulkhead audit verify --trusted-head FILE')
    .addHelpText('after', HOW_TO_KEEP)
    .action(async (given: unknown) => {
      const { save } = options.parse(given);
      const newest = await newestHead(context.api);
      const kept = save === undefined ? null : await readHeadFile(save);
      if (kept) await assertContinues(context.api, kept, newest);
      if (save !== undefined) await writeHeadFile(save, newest);
      context.show(newest, ({ note, publicKey }) =>
        [
          describeNote(note),
          `key ${publicKey}`,
          ...(kept ? ['The log begins with the head that was kept before.'] : []),
          ...(save === undefined
            ? []
            : [`Saved in ${save}: keep it where nobody can change both it and the log.`]),
        ].join('\n'),
      );
    });

async function newestHead(api: ApiClient): Promise<HeadFile> {
  const { note, public_key } = await api.get('/api/v1/audit/head', head);
  if (note === null)
    throw new CliError('The audit log has no signed head yet.', {
      code: 'not_signed_yet',
      exitCode: EXIT.unavailable,
      advice: 'Ask again in a second; see bulkhead doctor if it stays so.',
    });
  opened(note, public_key);
  return headFileOf(note, public_key);
}

/** @throws CliError where the log is no longer one that begins with what was kept. */
async function assertContinues(api: ApiClient, kept: HeadFile, newest: HeadFile): Promise<void> {
  const [older, newer] = [opened(kept.note, kept.publicKey), opened(newest.note, kept.publicKey)];
  const query = `from=${older.size}&to=${newer.size}`;
  const { proof } =
    older.size > newer.size
      ? { proof: [] }
      : await api.get(`/api/v1/audit/consistency?${query}`, consistency);
  const hashes = proof.map((hash) => Buffer.from(hash, 'base64'));
  if (
    older.origin === newer.origin &&
    verifyConsistency(older.size, newer.size, older.root, newer.root, hashes)
  )
    return;
  throw new CliError(
    'THE LOG NO LONGER BEGINS WITH THE HEAD THAT WAS KEPT: entries were altered or removed.',
    {
      code: 'log_contradicts_head',
      exitCode: EXIT.foundProblems,
      advice: 'Keep the old file. Export the log and run: bulkhead audit verify EXPORT --trusted-head FILE',
    },
  );
}

/** @throws CliError where the key did not sign it. */
function opened(note: string, publicKey: string): SignedCheckpoint {
  try {
    return openCheckpoint(note, Buffer.from(publicKey, 'base64'));
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CliError(`This head is not one that the key known here signed: ${error.message}.`, {
      code: 'bad_head',
      exitCode: EXIT.foundProblems,
      advice: 'Compare the key with what others kept: a log that was replaced as a whole has another.',
    });
  }
}

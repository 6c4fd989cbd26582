import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { parseJson } from '@bulkhead/contracts';
import { CheckpointError, lookAt, type KeptHead, type ShownLog, type Sighting } from '@bulkhead/transparency';
import { Command } from 'commander';
import { z } from 'zod';
import type { ApiClient } from '../api/api-client.js';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { describeNote } from './head-file.js';
import { unreadable } from './unreadable.js';

const head = z.looseObject({ note: z.string().nullable(), public_key: z.string() });
const consistency = z.looseObject({ proof: z.array(z.string()) });
const keptLine = z.object({ publicKey: z.string().max(64), note: z.string().max(4096), seenAt: z.string() });

const HOW_TO_WITNESS = `
Run it regularly on a machine that whoever runs the platform has no access to, with a token of any organization. Each new head must go
on from the last one in FILE, and is appended to it; the first is believed, so compare its key with what others have. Where the log
contradicts what was kept, FILE stays as it is, both heads are written beside it, and the command ends with 7. Each line of FILE has a
note that bulkhead audit verify --trusted-head takes.`;

export const witnessAudit = (context: Context) =>
  new Command('witness')
    .description('keep the audit log’s heads for others, and say so when the log contradicts them')
    .argument('<file>', 'where the heads are kept, one a line')
    .addHelpText('after', HOW_TO_WITNESS)
    .action(async (file: string) => {
      const [last, log] = [await lastOf(file), await shownLog(context.api)];
      const sighting = await look(log, last);
      if (sighting.seen === 'contradiction') throw await contradiction(file, sighting.problem, last, log);
      if (sighting.seen === 'grown') await append(file, sighting.head);
      context.show({ ...summary(sighting), file }, () =>
        log.note === null ? 'The log has no head yet.' : `${SAID[sighting.seen]}: ${describeNote(log.note)}`,
      );
    });

const SAID = { grown: 'Kept', 'nothing-new': 'Nothing new' } as const;

const summary = (sighting: Exclude<Sighting, { seen: 'contradiction' }>) =>
  sighting.seen === 'grown' ? { seen: sighting.seen, size: sighting.size } : sighting;

async function shownLog(api: ApiClient): Promise<ShownLog> {
  const { note, public_key } = await api.get('/api/v1/audit/head', head);
  return {
    note,
    publicKey: Buffer.from(public_key, 'base64'),
    consistency: async (from, to) => {
      const { proof } = await api.get(`/api/v1/audit/consistency?from=${from}&to=${to}`, consistency);
      return proof.map((hash) => Buffer.from(hash, 'base64'));
    },
  };
}

async function look(log: ShownLog, last: KeptHead | null): Promise<Sighting> {
  try {
    return await lookAt(log, last);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return { seen: 'contradiction', problem: `a head is not what it should be: ${error.message}` };
  }
}

/** @throws CliError where the file's last line is no head. */
async function lastOf(file: string): Promise<KeptHead | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw unreadable(file, error);
  });
  const line = text.trimEnd().split('\n').at(-1);
  if (!line) return null;
  const kept = keptLine.safeParse(parseJson(line));
  if (kept.success) return { note: kept.data.note, publicKey: Buffer.from(kept.data.publicKey, 'base64') };
  throw new CliError(`The last line of ${file} is no head of the audit log.`, {
    code: 'bad_head',
    exitCode: EXIT.usage,
    advice: 'A line cut off by a crash can be removed; else take the file from its copy.',
  });
}

const entryOf = ({ note, publicKey }: KeptHead) => ({
  publicKey: publicKey.toString('base64'),
  note,
  seenAt: new Date().toISOString(),
});

const append = (file: string, kept: KeptHead): Promise<void> =>
  appendFile(file, `${JSON.stringify(entryOf(kept))}\n`).catch((error: unknown) => {
    throw unreadable(file, error);
  });

/** Writes down what was kept and what is shown now, both as they were signed. */
async function contradiction(
  file: string,
  problem: string,
  last: KeptHead | null,
  { note, publicKey }: ShownLog,
): Promise<CliError> {
  const evidence = `${file}.contradiction-${new Date().toISOString().replaceAll(':', '')}.json`;
  const content = {
    format: 'bulkhead-head-contradiction',
    v: 1,
    problem,
    kept: last && { publicKey: last.publicKey.toString('base64'), note: last.note },
    shown: { publicKey: publicKey.toString('base64'), note },
    seenAt: new Date().toISOString(),
  };
  await writeFile(evidence, `${JSON.stringify(content, null, 2)}\n`).catch((error: unknown) => {
    throw unreadable(evidence, error);
  });
  return new CliError(`THE AUDIT LOG CONTRADICTS ITSELF: ${problem}.`, {
    code: 'log_contradicts_head',
    exitCode: EXIT.foundProblems,
    advice: `Both heads are in ${evidence}. Keep it and ${file}, and tell whoever relies on the log.`,
  });
}

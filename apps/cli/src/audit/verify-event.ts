import { readFile } from 'node:fs/promises';
import { envelopeBody, parseJson, type EnvelopeBody } from '@bulkhead/contracts';
import { CheckpointError, eventProof, verifyEvent, type EventProof } from '@bulkhead/transparency';
import { Command } from 'commander';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { facts } from '../output/table.js';
import { readHeadFile } from './head-file.js';
import { unreadable } from './unreadable.js';

const options = z.object({ key: z.string().optional(), trustedHead: z.string().optional() });

export const verifyEventProof = (context: Context) =>
  new Command('verify-event')
    .description('check offline that an event is in the audit log')
    .argument('<proof>', 'file made by: bulkhead audit prove')
    .option('--key <base64>', 'the log’s public key, known from elsewhere')
    .option('--trusted-head <file>', 'a head that was kept elsewhere: its key is used')
    .action(async (file: string, given: unknown) => {
      const key = await keyOf(options.parse(given));
      const proof = await readProof(file);
      const head = check(proof, key);
      if (!head) {
        context.show({ ok: false }, () => 'NOT PROVEN: this event does not lead to the head it comes with.');
        context.exitCode = EXIT.foundProblems;
        return;
      }
      const envelope = bodyOf(proof);
      context.show({ ok: true, head: { origin: head.origin, size: head.size }, envelope }, () =>
        [
          `Proven: entry ${proof.entry.index} of the ${head.size} that ${head.origin} signed for.`,
          describe(proof, envelope),
        ].join('\n'),
      );
    });

async function keyOf({ key, trustedHead }: z.infer<typeof options>): Promise<Buffer> {
  const kept = trustedHead === undefined ? null : await readHeadFile(trustedHead);
  if (trustedHead !== undefined && !kept) throw unreadable(trustedHead, new Error('there is no such file'));
  const encoded = key ?? kept?.publicKey;
  if (encoded !== undefined) return Buffer.from(encoded, 'base64');
  throw new CliError('Without the log’s key a proof proves nothing.', {
    code: 'no_key',
    exitCode: EXIT.usage,
    advice: 'Name the key with --key, or a head that was kept elsewhere with --trusted-head.',
  });
}

async function readProof(file: string): Promise<EventProof> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, error);
  });
  const proof = eventProof.safeParse(parseJson(text));
  if (proof.success) return proof.data;
  throw new CliError(`${file} is no proof of an event.`, {
    code: 'not_a_proof',
    exitCode: EXIT.usage,
    advice: 'Make one with: bulkhead audit prove EVENT > FILE',
  });
}

function check(proof: EventProof, key: Buffer) {
  try {
    return verifyEvent(proof, key);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CliError(`NOT PROVEN: ${error.message}.`, { code: 'bad_head', exitCode: EXIT.foundProblems });
  }
}

/** The log keeps bytes that nobody can parse as well. */
function bodyOf({ entry }: EventProof): EnvelopeBody | null {
  const body = envelopeBody.safeParse(parseJson(Buffer.from(entry.body, 'base64').toString('utf8')));
  return body.success ? body.data : null;
}

const describe = ({ entry }: EventProof, envelope: EnvelopeBody | null): string =>
  facts([
    ['journal', `${entry.journal}, position ${entry.position}`],
    ['recorded', entry.recordedAt],
    ['of', envelope && `${envelope.aggregate.type}/${envelope.aggregate.id}, version ${envelope.version}`],
    ['by', envelope && `${envelope.actor.kind}:${envelope.actor.id}`],
    ['events', envelope && envelope.events.map(({ type }) => type).join(', ')],
  ]);

import { readFile } from 'node:fs/promises';
import {
  action,
  attenuate,
  headerOf,
  MacaroonError,
  MASK,
  validityWindow,
  vocabulary,
  type Caveat,
  type Macaroon,
} from '@bulkhead/auth/macaroon';
import { parseJson } from '@bulkhead/contracts';
import { Command } from 'commander';
import { z } from 'zod';
import { unreadable } from '../audit/unreadable.js';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { duration } from '../input/duration.js';
import { readTokens } from './read-tokens.js';

const options = z.object({
  caveats: z.string().optional(),
  readOnly: z.boolean().optional(),
  expiresIn: duration.optional(),
});

export const attenuateToken = (context: Context) =>
  new Command('attenuate')
    .description('print a token that may less than the one on standard input, offline')
    .option('--caveats <file>', 'JSON: [{"type": "…", "body": …}, …], as `tokens debug --json` shows them')
    .option('--read-only', 'it may only read')
    .option('--expires-in <time>', 'it ends so much earlier, such as 1h')
    .addHelpText(
      'after',
      '\nFor example:\n  bulkhead tokens attenuate --read-only --expires-in 1h < token.txt',
    )
    .action(async (given: unknown) => {
      const wish = options.parse(given);
      const added = await caveatsOf(wish, context.now());
      const { permissions, discharges } = await readTokens(context);
      const header = headerOf([...permissions.map((token) => narrow(token, added)), ...discharges]);
      context.show({ token: header }, ({ token }) => token);
    });

async function caveatsOf(
  { caveats, readOnly, expiresIn }: z.infer<typeof options>,
  now: Date,
): Promise<readonly Caveat[]> {
  const second = BigInt(Math.floor(now.getTime() / 1000));
  const added = [
    ...(caveats === undefined ? [] : await caveatsIn(caveats)),
    ...(readOnly ? [action.of(MASK.read)] : []),
    ...(expiresIn === undefined
      ? []
      : [validityWindow.of({ not_before: 0n, not_after: second + BigInt(expiresIn) })]),
  ];
  if (added.length > 0) return added;
  throw new CliError('Nothing is said by which the token would be narrowed.', {
    code: 'nothing_to_add',
    exitCode: EXIT.usage,
    advice: 'Use --read-only, --expires-in or --caveats.',
  });
}

async function caveatsIn(file: string): Promise<readonly Caveat[]> {
  try {
    return vocabulary.fromJson(parseJson(await readFile(file, 'utf8')));
  } catch (error) {
    throw error instanceof z.ZodError
      ? unreadable(file, new Error(z.prettifyError(error), { cause: error }))
      : unreadable(file, error);
  }
}

function narrow(token: Macaroon, added: readonly Caveat[]) {
  try {
    return attenuate(token, added);
  } catch (error) {
    if (!(error instanceof MacaroonError)) throw error;
    throw new CliError(`The token can't be narrowed so: ${error.message}.`, {
      code: error.code,
      cause: error,
    });
  }
}

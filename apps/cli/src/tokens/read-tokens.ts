import { MacaroonError, parse, thirdPartiesOf, type Macaroon } from '@bulkhead/auth/macaroon';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';

/** A token that permits something, with the discharges that came with it or without. */
export interface GivenTokens {
  readonly permissions: readonly Macaroon[];
  readonly discharges: readonly Macaroon[];
}

/**
 * The tokens on standard input, where no list of processes shows them. Nothing is left out: what can't be read is an error.
 * @throws CliError `no_token` or `not_a_macaroon`
 */
export async function readTokens(context: Context): Promise<GivenTokens> {
  const tokens = (await context.readInput())
    .trim()
    .replace(/^(?:(?:Bearer|FlyV1)\s+)+/i, '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(readToken);
  if (tokens.length === 0)
    throw new CliError('No token came in on standard input.', {
      code: 'no_token',
      exitCode: EXIT.usage,
      advice: 'Give it from a file or another program: bulkhead tokens debug < token.txt',
    });
  const tickets = new Set(tokens.flatMap(thirdPartiesOf).map(({ ticket }) => ticket.toString('latin1')));
  const isDischarge = ({ nonce }: Macaroon) => nonce.proof || tickets.has(nonce.kid.toString('latin1'));
  return {
    permissions: tokens.filter((token) => !isDischarge(token)),
    discharges: tokens.filter(isDischarge),
  };
}

/** The text itself is kept out of the message: it is a secret. */
function readToken(text: string, index: number): Macaroon {
  try {
    const token = parse(text);
    thirdPartiesOf(token);
    return token;
  } catch (error) {
    if (!(error instanceof MacaroonError)) throw error;
    throw new CliError(`Token ${index + 1} is no macaroon: ${error.message}.`, {
      code: 'not_a_macaroon',
      exitCode: EXIT.usage,
      advice: 'Only tokens that begin with fm2_ can be read and narrowed offline.',
      cause: error,
    });
  }
}

import {
  endOf,
  printJson,
  thirdPartiesOf,
  tokenJson,
  uuidOf,
  vocabulary,
  type Macaroon,
} from '@bulkhead/auth/macaroon';
import { Command } from 'commander';
import type { Context } from '../context.js';
import { facts, printable } from '../output/table.js';
import { readTokens, type GivenTokens } from './read-tokens.js';

export const debugToken = (context: Context) =>
  new Command('debug')
    .description('show what a token on standard input says, offline; its signatures are not checked')
    .addHelpText('after', '\nFor example:\n  bulkhead tokens debug < token.txt')
    .action(async () => {
      const given = await readTokens(context);
      const all = [...given.permissions, ...given.discharges];
      if (context.json) context.print(printJson(all.map(tokenJson)));
      else context.print(all.map((token) => describe(token, given)).join('\n\n'));
      context.progress(
        'What is shown is what the token says; whether it is good, only the platform can tell.',
      );
    });

function describe(token: Macaroon, { permissions, discharges }: GivenTokens): string {
  const end = endOf(token.caveats);
  const discharged = (ticket: Buffer) => discharges.some(({ nonce }) => nonce.kid.equals(ticket));
  return [
    facts([
      [permissions.includes(token) ? 'TOKEN' : 'DISCHARGE', uuidOf(token.nonce)],
      ['for', token.location],
      ['until', end === null ? 'for ever' : timeOf(end)],
      ...thirdPartiesOf(token).map(
        ({ location, ticket }) =>
          ['asks', `${location} (${discharged(ticket) ? '' : 'not '}discharged)`] as const,
      ),
    ]),
    ...token.caveats.map(
      (caveat) => `  ${printable(printJson(vocabulary.json([caveat])).replace(/\s*\n\s*/g, ' '))}`,
    ),
  ].join('\n');
}

/** Seconds may be far beyond what a date can be. */
function timeOf(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s after 1970` : date.toISOString();
}

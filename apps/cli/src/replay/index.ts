import { Command } from 'commander';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { listProjections } from './list.js';
import { replayProjection } from './projection.js';
import { showAsItWas } from './as-it-was.js';

const options = z.object({
  list: z.boolean().default(false),
  swap: z.boolean().default(false),
  at: z.string().optional(),
});

const EXAMPLES = `
  bulkhead replay --list                                     the projections there are
  bulkhead replay api-machines                               build it anew from position 0 and compare; ends with 7 on drift
  bulkhead replay api-machines --swap                        and put the rebuilt rows in the place of those that drifted
  bulkhead replay --at 2026-01-01T00:00:00Z machine web-1    a machine as it was then (time of recording)
  bulkhead replay --at 1234 app shop                         an app as it was after that position of its journal`;

export const replayCommand = (context: Context) =>
  new Command('replay')
    .description('rebuild a projection from its journal and compare, or show something as it was')
    .argument('[what]', 'a projection; with --at: app, machine or host')
    .argument('[name]', 'with --at: an id or a name')
    .option('--list', 'list the projections')
    .option('--swap', 'replace the live rows where they differ')
    .option('--at <when>', 'a position of the journal or a time of recording')
    .addHelpText('after', EXAMPLES)
    .action(async (what: string | undefined, name: string | undefined, given: unknown) => {
      const { list, swap, at } = options.parse(given);
      if (list) return listProjections(context);
      if (what === undefined) throw wrongUsage('Name a projection, or use --list.');
      if (at === undefined) return replayProjection(context, what, swap);
      if (name === undefined) throw wrongUsage('Say what to show: app, machine or host, and its id or name.');
      return showAsItWas(context, what, name, at);
    });

const wrongUsage = (message: string) =>
  new CliError(message, { code: 'bad_usage', exitCode: EXIT.usage, advice: 'See: bulkhead replay --help' });

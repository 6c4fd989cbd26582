import { Command } from 'commander';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { table } from '../output/table.js';

const options = z.object({ adopt: z.boolean().default(false), newEpoch: z.boolean().default(false) });
const surplus = z.looseObject({
  total: z.number(),
  envelopes: z.array(
    z.looseObject({
      id: z.string(),
      aggregate: z.string(),
      epoch: z.string(),
      position: z.number(),
      recorded_at: z.string(),
    }),
  ),
});
const reconciled = z.looseObject({ adopted: z.number(), epoch: z.string().nullable() });

const WHICH = `
A stream that is ahead of its journal holds what the journal lost: its database came back from before. Without an option this only
shows the surplus. --adopt takes it in again: choose it where the stream is right. --new-epoch gives it up, and readers that had seen
it rebuild: choose it where the journal is right. The audit log keeps both.`;

export const reconcileJournal = (context: Context) =>
  new Command('reconcile')
    .description('show, and on request settle, what a stream has beyond its journal')
    .argument('<journal>', 'api, scheduler, vault or audit')
    .option('--adopt', 'take it into the journal')
    .option('--new-epoch', 'give it up')
    .addHelpText('after', WHICH)
    .action(async (journal: string, given: unknown) => {
      const { adopt, newEpoch } = options.parse(given);
      if (adopt && newEpoch)
        throw new CliError('--adopt and --new-epoch exclude each other.', {
          code: 'bad_option',
          exitCode: EXIT.usage,
        });
      const path = `/api/v1/journals/${encodeURIComponent(journal)}`;
      if (!adopt && !newEpoch) return showSurplus(context, path);
      const done = await context.api.post(
        `${path}/reconcile`,
        { how: adopt ? 'adopt' : 'new-epoch' },
        reconciled,
        60_000,
      );
      context.show(done, ({ adopted, epoch }) =>
        epoch === null ? `Took ${adopted} envelopes into the journal.` : `Began epoch ${epoch}.`,
      );
    });

async function showSurplus(context: Context, path: string): Promise<void> {
  const found = await context.api.get(`${path}/surplus`, surplus);
  if (found.total > 0) context.exitCode = EXIT.foundProblems;
  context.show(found, ({ total, envelopes }) =>
    total === 0
      ? 'The stream holds nothing that the journal does not have.'
      : [
          table(
            ['POSITION', 'RECORDED', 'OF', 'ENVELOPE'],
            envelopes.map((row) => [String(row.position), row.recorded_at, row.aggregate, row.id]),
          ),
          `${total} in all. Settle it with --adopt or --new-epoch (see --help).`,
        ].join('\n'),
  );
}

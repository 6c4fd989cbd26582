import { Command, Option } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { hostPath } from './shapes.js';

const options = z.object({
  kind: z.enum(['worker', 'edge', 'gateway']).default('worker'),
  stolen: z.boolean().default(false),
});

const HELP = `
A worker must have no machines left: cordon it, and wait or destroy them. From then on the scheduler refuses it and the vault
renews nothing of its. Its certificate and bus credential run out by themselves, within 7 days; until then other hosts may believe it.
With --stolen the vault and the scheduler refuse it at once, so that its machines count as lost and are placed again elsewhere;
remove it once more when they are.`;

export const removeHost = (context: Context) =>
  new Command('remove')
    .description('remove a host for ever: it is refused from now on, and can only join anew as another')
    .argument('<host>', 'id')
    .addOption(new Option('--kind <kind>', 'what it is (worker)').choices(['worker', 'edge', 'gateway']))
    .option('--stolen', 'end its identity though machines are there')
    .addHelpText('after', HELP)
    .action(async (id: string, given: unknown) => {
      const { kind, stolen } = options.parse(given);
      const byIdentity = stolen || kind !== 'worker';
      await context.api.delete(
        byIdentity ? `/api/v1/identities/${kind}/${encodeURIComponent(id)}` : hostPath(id),
      );
      context.show({ id, removed: true }, () => `Removed ${id}.`);
    });

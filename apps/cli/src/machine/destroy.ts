import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { machinePath } from './path.js';
import { waitForState, waitSeconds } from './wait.js';

const options = z.object({ force: z.boolean().default(false), wait: waitSeconds.default(0) });

export const destroyMachine = (context: Context) =>
  new Command('destroy')
    .alias('rm')
    .description('destroy a machine; what it wrote to its root file system is gone')
    .argument('<app>')
    .argument('<machine>', 'id')
    .option('-f, --force', 'even if it runs')
    .option('--wait <seconds>', 'until it is destroyed (0)')
    .action(async (app: string, id: string, given: unknown) => {
      const { force, wait } = options.parse(given);
      await context.api.delete(`${machinePath(app, id)}?force=${force}`);
      await waitForState(context, { app, id, state: 'destroyed', seconds: wait });
      context.show({ id, destroyed: true }, () => `Destroyed ${id}.`);
    });

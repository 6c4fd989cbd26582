import { Command } from 'commander';
import { z } from 'zod';
import { anything } from '../api/shapes.js';
import type { Context } from '../context.js';
import { machinePath } from './path.js';
import { waitForState, waitSeconds } from './wait.js';

const options = z.object({ force: z.boolean().default(false), wait: waitSeconds.default(90) });

export const restartMachine = (context: Context) =>
  new Command('restart')
    .description('stop a machine and start it again')
    .argument('<app>')
    .argument('<machine>', 'id')
    .option('--force', 'without waiting for a clean stop')
    .option('--wait <seconds>', 'until it is started; 0: don’t wait (90)')
    .action(async (app: string, id: string, given: unknown) => {
      const { force, wait } = options.parse(given);
      await context.api.post(`${machinePath(app, id, 'restart')}?force_stop=${force}`, {}, anything, 90_000);
      await waitForState(context, { app, id, state: 'started', seconds: wait });
      context.show({ id, restarted: true }, () => `Machine ${id} is started again.`);
    });

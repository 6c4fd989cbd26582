import { Command } from 'commander';
import { z } from 'zod';
import { anything } from '../api/shapes.js';
import type { Context } from '../context.js';
import { machinePath } from './path.js';
import { waitForState, waitSeconds } from './wait.js';

const options = z.object({ wait: waitSeconds.default(60) });

export const startMachine = (context: Context) =>
  new Command('start')
    .description('start a stopped machine')
    .argument('<app>')
    .argument('<machine>', 'id')
    .option('--wait <seconds>', 'until it is started; 0: don’t wait (60)')
    .action(async (app: string, id: string, given: unknown) => {
      await context.api.post(machinePath(app, id, 'start'), {}, anything);
      await waitForState(context, { app, id, state: 'started', seconds: options.parse(given).wait });
      context.show({ id, started: true }, () => `Machine ${id} is started.`);
    });

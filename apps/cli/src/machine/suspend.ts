import { Command } from 'commander';
import { z } from 'zod';
import { anything } from '../api/shapes.js';
import type { Context } from '../context.js';
import { machinePath } from './path.js';
import { waitForState, waitSeconds } from './wait.js';

const options = z.object({ wait: waitSeconds.default(60) });

export const suspendMachine = (context: Context) =>
  new Command('suspend')
    .description('suspend a machine: its memory is kept, and start goes on from there')
    .argument('<app>')
    .argument('<machine>', 'id')
    .option('--wait <seconds>', 'until it is suspended; 0: don’t wait (60)')
    .action(async (app: string, id: string, given: unknown) => {
      const { wait } = options.parse(given);
      await context.api.post(machinePath(app, id, 'suspend'), {}, anything);
      await waitForState(context, { app, id, state: 'suspended', seconds: wait });
      context.show({ id, suspended: true }, () => `Machine ${id} is suspended.`);
    });

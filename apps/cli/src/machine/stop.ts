import { Command } from 'commander';
import { z } from 'zod';
import { anything } from '../api/shapes.js';
import type { Context } from '../context.js';
import { machinePath } from './path.js';
import { waitForState, waitSeconds } from './wait.js';

const options = z.object({
  signal: z.string().optional(),
  timeout: z.string().optional(),
  wait: waitSeconds.default(60),
});

export const stopMachine = (context: Context) =>
  new Command('stop')
    .description('stop a machine: its signal, then, after its timeout, an end')
    .argument('<app>')
    .argument('<machine>', 'id')
    .option('--signal <name>', 'such as SIGTERM')
    .option('--timeout <duration>', 'how long it may take, such as 30s')
    .option('--wait <seconds>', 'until it is stopped; 0: don’t wait (60)')
    .action(async (app: string, id: string, given: unknown) => {
      const { signal, timeout, wait } = options.parse(given);
      const body = { ...(signal ? { signal } : {}), ...(timeout ? { timeout } : {}) };
      await context.api.post(machinePath(app, id, 'stop'), body, anything);
      await waitForState(context, { app, id, state: 'stopped', seconds: wait });
      context.show({ id, stopped: true }, () => `Machine ${id} is stopped.`);
    });

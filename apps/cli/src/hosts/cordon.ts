import { Command } from 'commander';
import { z } from 'zod';
import { anything } from '../api/shapes.js';
import type { Context } from '../context.js';
import { hostPath } from './shapes.js';

const options = z.object({ reason: z.string().optional() });

export const cordonHost = (context: Context) =>
  new Command('cordon')
    .description('place no further machines on a host; those there go on')
    .argument('<host>', 'id')
    .option('--reason <text>')
    .action(async (id: string, given: unknown) => {
      await context.api.post(hostPath(id, 'cordon'), options.parse(given), anything);
      context.show({ id, cordoned: true }, () => `Host ${id} takes no further machines.`);
    });

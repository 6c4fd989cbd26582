import { Command } from 'commander';
import type { Context } from '../context.js';
import { hostPath } from './shapes.js';

export const removeHost = (context: Context) =>
  new Command('remove')
    .description('remove a host for ever: its certificate and bus credential are worth nothing from now on')
    .argument('<host>', 'id')
    .action(async (id: string) => {
      await context.api.delete(hostPath(id));
      context.show({ id, removed: true }, () => `Removed ${id}.`);
    });

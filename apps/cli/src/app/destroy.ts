import { Command } from 'commander';
import type { Context } from '../context.js';

export const destroyApp = (context: Context) =>
  new Command('destroy')
    .description('destroy an app that has no machines left')
    .argument('<app>')
    .action(async (name: string) => {
      await context.api.delete(`/v1/apps/${encodeURIComponent(name)}`);
      context.show({ name, destroyed: true }, () => `Destroyed ${name}.`);
    });

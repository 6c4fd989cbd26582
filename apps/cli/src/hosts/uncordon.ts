import { Command } from 'commander';
import { anything } from '../api/shapes.js';
import type { Context } from '../context.js';
import { hostPath } from './shapes.js';

export const uncordonHost = (context: Context) =>
  new Command('uncordon')
    .description('let a host take machines again')
    .argument('<host>', 'id')
    .action(async (id: string) => {
      await context.api.post(hostPath(id, 'uncordon'), {}, anything);
      context.show({ id, cordoned: false }, () => `Host ${id} takes machines again.`);
    });

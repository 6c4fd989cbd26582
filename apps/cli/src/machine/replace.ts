import { Command } from 'commander';
import { machine } from '../api/shapes.js';
import type { Context } from '../context.js';
import { machinePath } from './path.js';

const HELP = `
For a machine whose host won't come back. What its root file system holds is lost. If that host still runs it, both copies run until
the host hears that its own no longer counts.`;

export const replaceMachine = (context: Context) =>
  new Command('replace')
    .description('place a machine on another host than its own')
    .argument('<app>')
    .argument('<machine>', 'id')
    .addHelpText('after', HELP)
    .action(async (app: string, id: string) => {
      const moved = await context.api.post(`/api${machinePath(app, id, 'replace')}`, {}, machine);
      context.show(moved, () => `Machine ${id} is placed on another host; it is ${moved.state}.`);
    });

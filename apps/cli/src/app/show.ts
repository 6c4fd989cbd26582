import { Command } from 'commander';
import { app } from '../api/shapes.js';
import type { Context } from '../context.js';
import { facts } from '../output/table.js';

export const showApp = (context: Context) =>
  new Command('show')
    .description('show one app')
    .argument('<app>')
    .action(async (name: string) => {
      const found = await context.api.get(`/v1/apps/${encodeURIComponent(name)}`, app);
      context.show(found, () =>
        facts([
          ['Name', found.name],
          ['Id', found.id],
          ['Organization', found.organization?.slug],
          ['Status', found.status],
          ['Machines', found.machine_count?.toString()],
        ]),
      );
    });

import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { table } from '../output/table.js';
import { organization } from './shapes.js';

export const listOrganizations = (context: Context) =>
  new Command('list')
    .alias('ls')
    .description('list the organizations that the token may see')
    .action(async () => {
      const shape = z.looseObject({ organizations: z.array(organization) });
      const { organizations } = await context.api.get('/api/v1/organizations', shape);
      context.show(organizations, () =>
        table(
          ['SLUG', 'KIND', 'ID'],
          organizations.map((row) => [row.slug, row.kind, row.id]),
        ),
      );
    });

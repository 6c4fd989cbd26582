import { Command } from 'commander';
import { z } from 'zod';
import { appList } from '../api/shapes.js';
import type { Context } from '../context.js';
import { table } from '../output/table.js';

const options = z.object({ org: z.string().optional() });

export const listApps = (context: Context) =>
  new Command('list')
    .alias('ls')
    .description('list the apps of an organization')
    .option('-o, --org <slug>', 'organization')
    .action(async (given: unknown) => {
      const slug = context.organization(options.parse(given).org);
      const { apps } = await context.api.get(`/v1/apps?org_slug=${encodeURIComponent(slug)}`, appList);
      context.show(apps, () =>
        apps.length === 0
          ? `No apps in ${slug}. Make one with: bulkhead apps create <name>`
          : table(
              ['NAME', 'STATUS', 'MACHINES'],
              apps.map((app) => [app.name, app.status, app.machine_count?.toString()]),
            ),
      );
    });

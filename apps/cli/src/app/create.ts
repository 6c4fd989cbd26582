import { Command } from 'commander';
import { z } from 'zod';
import { app } from '../api/shapes.js';
import type { Context } from '../context.js';

const options = z.object({ org: z.string().optional(), network: z.string().optional() });

export const createApp = (context: Context) =>
  new Command('create')
    .description('create an app')
    .argument('<name>', 'unique name; becomes a host name')
    .option('-o, --org <slug>', 'organization')
    .option('--network <name>', 'private network, apart from the organization’s default')
    .action(async (name: string, given: unknown) => {
      const { org, network } = options.parse(given);
      const body = { app_name: name, org_slug: context.organization(org), ...(network ? { network } : {}) };
      const created = await context.api.post('/v1/apps', body, app.partial());
      context.show(
        created,
        () => `Created ${name}. Run an image in it: bulkhead machine run ${name} <image>`,
      );
    });

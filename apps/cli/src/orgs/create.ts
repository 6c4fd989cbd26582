import { Command } from 'commander';
import type { Context } from '../context.js';
import { organization } from './shapes.js';

export const createOrganization = (context: Context) =>
  new Command('create')
    .description('create an organization')
    .argument('<slug>', 'unique; lower-case letters, digits and inner hyphens')
    .action(async (slug: string) => {
      const made = await context.api.post('/api/v1/organizations', { name: slug }, organization);
      context.show(
        made,
        () => `Created ${made.slug}. A token for it: bulkhead tokens create <name> --org ${made.slug}`,
      );
    });

import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { membersPath } from './path.js';

const options = z.object({ org: z.string().optional() });

export const removeMember = (context: Context) =>
  new Command('remove')
    .alias('rm')
    .description('remove a member from an organization; its last admin stays')
    .argument('<user>', 'id')
    .option('-o, --org <slug>', 'organization')
    .action(async (user: string, given: unknown) => {
      const organization = context.organization(options.parse(given).org);
      await context.api.delete(membersPath(organization, user));
      context.show({ organization, user, removed: true }, () => `Removed ${user} from ${organization}.`);
    });

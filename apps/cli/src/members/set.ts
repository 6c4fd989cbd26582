import { ROLES } from '@bulkhead/domain';
import { Argument, Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { membersPath } from './path.js';

const options = z.object({ org: z.string().optional() });

export const setMember = (context: Context) =>
  new Command('set')
    .description('add a user to an organization, or change the role of a member')
    .argument('<user>', 'id, as `users list` shows it')
    .addArgument(new Argument('<role>', 'what the user is there').choices(ROLES))
    .option('-o, --org <slug>', 'organization')
    .action(async (user: string, role: string, given: unknown) => {
      const organization = context.organization(options.parse(given).org);
      const path = membersPath(organization, user);
      await context.api.call({ method: 'PUT', path, body: { role } }, z.unknown());
      context.show({ organization, user, role }, () => `${user} is ${role} of ${organization}.`);
    });

import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { table } from '../output/table.js';
import { person } from '../users/shapes.js';
import { membersPath } from './path.js';

const options = z.object({ org: z.string().optional() });
const shape = z.looseObject({ members: z.array(z.looseObject({ user: person, role: z.string() })) });

export const listMembers = (context: Context) =>
  new Command('list')
    .alias('ls')
    .description('list who belongs to an organization, and as what')
    .option('-o, --org <slug>', 'organization')
    .action(async (given: unknown) => {
      const path = membersPath(context.organization(options.parse(given).org));
      const { members } = await context.api.get(path, shape);
      context.show(members, () =>
        table(
          ['USER', 'NAME', 'EMAIL', 'ROLE'],
          members.map(({ user: { id, name, email }, role }) => [id, name, email, role]),
        ),
      );
    });

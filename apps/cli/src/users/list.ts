import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { table } from '../output/table.js';
import { person } from './shapes.js';

export const listUsers = (context: Context) =>
  new Command('list')
    .alias('ls')
    .description('list the people that the platform knows')
    .action(async () => {
      const { users } = await context.api.get('/api/v1/users', z.looseObject({ users: z.array(person) }));
      context.show(users, () =>
        table(
          ['ID', 'NAME', 'EMAIL'],
          users.map(({ id, name, email }) => [id, name, email]),
        ),
      );
    });

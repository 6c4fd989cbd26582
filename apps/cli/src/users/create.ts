import { Command } from 'commander';
import type { Context } from '../context.js';
import { person } from './shapes.js';

export const createUser = (context: Context) =>
  new Command('create')
    .description('make a person known to the platform')
    .argument('<email>', 'address')
    .argument('<name>', 'what others are shown')
    .action(async (email: string, name: string) => {
      const made = await context.api.post('/api/v1/users', { email, name }, person);
      context.show(
        made,
        () => `Created ${made.id}. To an organization: bulkhead members set ${made.id} <role>`,
      );
    });

import { Command } from 'commander';
import type { Context } from '../context.js';
import { createUser } from './create.js';
import { listUsers } from './list.js';

export const usersCommand = (context: Context) =>
  new Command('users')
    .description('people that the platform knows')
    .addCommand(listUsers(context))
    .addCommand(createUser(context));

import { Command } from 'commander';
import type { Context } from '../context.js';
import { listRegistries } from './list.js';
import { removeRegistry } from './remove.js';
import { setRegistry } from './set.js';

export const registriesCommand = (context: Context) =>
  new Command('registries')
    .description('registries: where private images come from')
    .addCommand(listRegistries(context))
    .addCommand(setRegistry(context))
    .addCommand(removeRegistry(context));

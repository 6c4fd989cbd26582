import { Command } from 'commander';
import type { Context } from '../context.js';
import { createApp } from './create.js';
import { destroyApp } from './destroy.js';
import { listApps } from './list.js';
import { showApp } from './show.js';

export const appsCommand = (context: Context) =>
  new Command('apps')
    .description('apps: names that machines run under')
    .addCommand(listApps(context))
    .addCommand(createApp(context))
    .addCommand(showApp(context))
    .addCommand(destroyApp(context));

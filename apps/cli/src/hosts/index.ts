import { Command } from 'commander';
import type { Context } from '../context.js';
import { cordonHost } from './cordon.js';
import { listHosts } from './list.js';
import { removeHost } from './remove.js';
import { uncordonHost } from './uncordon.js';

export const hostsCommand = (context: Context) =>
  new Command('hosts')
    .description('hosts: the operator’s machines that run machines')
    .addCommand(listHosts(context))
    .addCommand(cordonHost(context))
    .addCommand(uncordonHost(context))
    .addCommand(removeHost(context));

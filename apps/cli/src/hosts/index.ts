import { Command } from 'commander';
import type { Context } from '../context.js';
import { cordonHost } from './cordon.js';
import { createJoinToken } from './join-token.js';
import { listHosts } from './list.js';
import { releaseHold } from './release-hold.js';
import { removeHost } from './remove.js';
import { revokeJoinToken } from './revoke-join-token.js';
import { uncordonHost } from './uncordon.js';

export const hostsCommand = (context: Context) =>
  new Command('hosts')
    .description('hosts: the operator’s machines that run machines')
    .addCommand(listHosts(context))
    .addCommand(createJoinToken(context))
    .addCommand(revokeJoinToken(context))
    .addCommand(cordonHost(context))
    .addCommand(uncordonHost(context))
    .addCommand(releaseHold(context))
    .addCommand(removeHost(context));

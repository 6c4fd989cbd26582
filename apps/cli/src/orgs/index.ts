import { Command } from 'commander';
import type { Context } from '../context.js';
import { createOrganization } from './create.js';
import { listOrganizations } from './list.js';
import { quotaOfOrganization } from './quota.js';

export const orgsCommand = (context: Context) =>
  new Command('orgs')
    .description('organizations: whose apps are apart from others’')
    .addCommand(listOrganizations(context))
    .addCommand(createOrganization(context))
    .addCommand(quotaOfOrganization(context));

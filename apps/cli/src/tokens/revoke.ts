import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { tokensPath } from './shapes.js';

const options = z.object({ org: z.string().optional() });

export const revokeToken = (context: Context) =>
  new Command('revoke')
    .description('make a token worth nothing from now on')
    .argument('<token>', 'id')
    .option('-o, --org <slug>', 'organization')
    .action(async (id: string, given: unknown) => {
      await context.api.delete(tokensPath(context.organization(options.parse(given).org), id));
      context.show({ id, revoked: true }, () => `Revoked ${id}.`);
    });

import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { registriesPath } from './path.js';

const options = z.object({ org: z.string().optional() });

export const removeRegistry = (context: Context) =>
  new Command('remove')
    .alias('rm')
    .description('forget the credential for a registry')
    .argument('<host>', 'registry')
    .option('-o, --org <slug>', 'organization')
    .action(async (host: string, given: unknown) => {
      await context.api.delete(registriesPath(context.organization(options.parse(given).org), host));
      context.show({ registry: host, removed: true }, () => `Removed the credential for ${host}.`);
    });

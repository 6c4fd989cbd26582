import { Command } from 'commander';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { registriesPath } from './path.js';

const options = z.object({ org: z.string().optional(), username: z.string().min(1) });

export const setRegistry = (context: Context) =>
  new Command('set')
    .description('keep a credential for a registry; its password is read from standard input')
    .argument('<host>', 'registry, such as registry.example:5000')
    .requiredOption('-u, --username <name>', 'as whom images are pulled')
    .option('-o, --org <slug>', 'organization')
    .addHelpText('after', '\nFor example:\n  bulkhead registries set ghcr.io --username me < token.txt')
    .action(async (host: string, given: unknown) => {
      const { org, username } = options.parse(given);
      const path = registriesPath(context.organization(org), host);
      const body = { username, password: await readPassword(context) };
      await context.api.call({ method: 'PUT', path, body }, z.unknown());
      context.show({ registry: host, set: true }, () => `Set the credential for ${host}.`);
    });

async function readPassword(context: Context): Promise<string> {
  const password = (await context.readInput()).replace(/\r?\n$/, '');
  if (password !== '') return password;
  throw new CliError('No password came in on standard input.', {
    code: 'no_password',
    exitCode: EXIT.usage,
    advice: 'Give it from a file or another program: bulkhead registries set HOST --username NAME < FILE',
  });
}

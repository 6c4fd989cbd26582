import { Command, Option } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { token, tokensPath } from './shapes.js';

const options = z.object({
  org: z.string().optional(),
  access: z.enum(['full', 'read']),
  expiresIn: z.coerce.number().int().min(60).optional(),
});

export const createToken = (context: Context) =>
  new Command('create')
    .description('make a token for an organization; its text is shown this once')
    .argument('<name>', 'what it is for')
    .option('-o, --org <slug>', 'organization')
    .addOption(new Option('--access <kind>', 'what it may').choices(['full', 'read']).default('full'))
    .option('--expires-in <seconds>', 'never without it')
    .action(async (name: string, given: unknown) => {
      const { org, access, expiresIn } = options.parse(given);
      const body = { name, access, ...(expiresIn === undefined ? {} : { expires_in: expiresIn }) };
      const made = await context.api.post(
        tokensPath(context.organization(org)),
        body,
        token.extend({ token: z.string() }),
      );
      context.progress(`Token ${made.id}; keep its text, it is shown nowhere again:`);
      context.show(made, () => made.token);
    });

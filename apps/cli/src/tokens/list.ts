import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { age } from '../output/age.js';
import { table } from '../output/table.js';
import { token, tokensPath } from './shapes.js';

const options = z.object({ org: z.string().optional() });

export const listTokens = (context: Context) =>
  new Command('list')
    .alias('ls')
    .description('list an organization’s tokens; their texts are kept nowhere')
    .option('-o, --org <slug>', 'organization')
    .action(async (given: unknown) => {
      const path = tokensPath(context.organization(options.parse(given).org));
      const { tokens } = await context.api.get(path, z.looseObject({ tokens: z.array(token) }));
      context.show(tokens, () =>
        table(
          ['ID', 'NAME', 'ACCESS', 'AGE', 'EXPIRES', 'STATUS'],
          tokens.map((row) => [
            row.id,
            row.name,
            row.access,
            age(row.created_at, context.now()),
            row.expires_at ?? 'never',
            row.revoked_at ? 'revoked' : 'valid',
          ]),
        ),
      );
    });

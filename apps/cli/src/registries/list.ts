import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { age } from '../output/age.js';
import { table } from '../output/table.js';
import { registriesPath } from './path.js';

const options = z.object({ org: z.string().optional() });
const answer = z.looseObject({
  registries: z.array(z.looseObject({ registry: z.string(), set_at: z.string() })),
});

export const listRegistries = (context: Context) =>
  new Command('list')
    .alias('ls')
    .description('list the registries that an organization has a credential for')
    .option('-o, --org <slug>', 'organization')
    .action(async (given: unknown) => {
      const path = registriesPath(context.organization(options.parse(given).org));
      const { registries } = await context.api.get(path, answer);
      context.show(registries, () =>
        table(
          ['REGISTRY', 'SET'],
          registries.map((row) => [row.registry, age(row.set_at, context.now())]),
        ),
      );
    });

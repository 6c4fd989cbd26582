import { Command } from 'commander';
import { z } from 'zod';
import { app } from '../api/shapes.js';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';

const options = z.object({ yes: z.boolean().default(false) });

export const destroyApp = (context: Context) =>
  new Command('destroy')
    .description('destroy an app and all of its machines')
    .argument('<app>')
    .option('-y, --yes', 'also when it has machines')
    .action(async (name: string, given: unknown) => {
      const path = `/v1/apps/${encodeURIComponent(name)}`;
      if (!options.parse(given).yes) assertEmpty(await context.api.get(path, app));
      await context.api.delete(path);
      context.show({ name, destroyed: true }, () => `Destroyed ${name}.`);
    });

function assertEmpty({ name, machine_count = 0 }: z.infer<typeof app>): void {
  if (machine_count === 0) return;
  throw new CliError(`${name} has machines (${machine_count}), and they would be destroyed with it.`, {
    code: 'machines_remain',
    exitCode: EXIT.refused,
    advice: `To destroy them all: bulkhead apps destroy ${name} --yes`,
  });
}

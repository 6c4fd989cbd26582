import { Command } from 'commander';
import { z } from 'zod';
import { execResult } from '../api/shapes.js';
import type { Context } from '../context.js';
import { machinePath } from './path.js';

const options = z.object({
  timeout: z.coerce.number().int().min(1).max(60).default(30),
  stdin: z.string().optional(),
});

export const execInMachine = (context: Context) =>
  new Command('exec')
    .description('run a command in a started machine; ends with its exit code')
    .argument('<app>')
    .argument('<machine>', 'id')
    .argument('<command...>', 'put it behind --')
    .option('--timeout <seconds>', 'then it is ended (30)')
    .option('--stdin <text>', 'what it reads')
    .action(async (app: string, id: string, command: string[], given: unknown) => {
      const { timeout, stdin } = options.parse(given);
      const body = { command, timeout, ...(stdin === undefined ? {} : { stdin }) };
      const result = await context.api.post(
        machinePath(app, id, 'exec'),
        body,
        execResult,
        (timeout + 15) * 1000,
      );
      context.exitCode = result.exit_code;
      if (context.json) return context.show(result, () => '');
      context.raw(result.stdout ?? '');
      context.rawError(result.stderr ?? '');
    });

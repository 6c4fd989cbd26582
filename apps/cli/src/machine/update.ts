import { Command } from 'commander';
import { machine } from '../api/shapes.js';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { changedConfig, updateOptions } from './config.js';
import { machinePath } from './path.js';
import { waitForState } from './wait.js';

const collect = (value: string, earlier: string[] = []) => [...earlier, value];

export const updateMachine = (context: Context) =>
  new Command('update')
    .description('change a machine’s image or configuration; one that runs is started again with it')
    .argument('<app>')
    .argument('<machine>', 'id')
    .argument('[image]', 'its own, if missing')
    .argument('[command...]', 'replaces the command; put it behind --')
    .option('--cpus <number>', 'shared virtual CPUs')
    .option('--memory <MB>', 'memory in MB')
    .option('-e, --env <NAME=VALUE>', 'sets an environment variable; again for more', collect)
    .option('--metadata <NAME=VALUE>', 'sets metadata; again for more', collect)
    .option('-p, --port <number>', 'serve this port of the machine over HTTPS')
    .option('--entrypoint <program>')
    .option('--restart <policy>', 'no, always or on-failure')
    .option('--skip-start', 'leave it stopped')
    .option('--wait <seconds>', 'until it is started again; 0: don’t wait (120)')
    .action(async (app: string, id: string, image: string | undefined, command: string[], given: unknown) => {
      const options = updateOptions.parse(given);
      const before = await context.api.get(machinePath(app, id), machine);
      if (!before.config) throw withoutConfig(id);
      const body = {
        config: changedConfig(before.config, image, command, options),
        current_version: before.instance_id,
        skip_launch: options.skipStart,
      };
      const after = await context.api.post(machinePath(app, id), body, machine);
      const seconds = options.skipStart || !RUNNING.has(before.state) ? 0 : options.wait;
      const version = after.instance_id;
      await waitForState(context, { app, id, state: 'started', seconds, version });
      const now = await context.api.get(machinePath(app, id), machine);
      context.show(now, () => `Machine ${id} is updated; it is ${now.state}.`);
    });

const RUNNING: ReadonlySet<string> = new Set(['started', 'starting', 'restarting', 'updating']);

const withoutConfig = (id: string) =>
  new CliError(`The configuration of machine ${id} is not there to be changed.`, {
    code: 'no_configuration',
    exitCode: EXIT.refused,
  });

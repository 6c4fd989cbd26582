import { Command } from 'commander';
import { machine } from '../api/shapes.js';
import type { Context } from '../context.js';
import { machineConfig, runOptions } from './config.js';
import { machinePath } from './path.js';
import { waitForState } from './wait.js';

const collect = (value: string, earlier: string[] = []) => [...earlier, value];

export const runMachine = (context: Context) =>
  new Command('run')
    .description('create a machine from an image and start it')
    .argument('<app>')
    .argument('<image>', 'such as registry.example/name:tag, or oci:/path of an OCI layout')
    .argument('[command...]', 'replaces the image’s command; put it behind --')
    .option('-n, --name <name>', 'unique in the app')
    .option('-r, --region <region>')
    .option('--cpus <number>', 'shared virtual CPUs (1)')
    .option('--memory <MB>', 'memory in MB (256)')
    .option('-e, --env <NAME=VALUE>', 'environment variable; again for more', collect)
    .option('--metadata <NAME=VALUE>', 'metadata; again for more', collect)
    .option('-p, --port <number>', 'serve this port of the machine over HTTPS')
    .option('--entrypoint <program>')
    .option('--restart <policy>', 'no, always or on-failure (on-failure)')
    .option('--auto-destroy', 'destroy it when it ends')
    .option('--wait <seconds>', 'until it is started; 0: don’t wait (120)')
    .action(async (app: string, image: string, command: string[], given: unknown) => {
      const options = runOptions.parse(given);
      const body = {
        ...(options.name === undefined ? {} : { name: options.name }),
        ...(options.region === undefined ? {} : { region: options.region }),
        config: machineConfig(image, command, options),
      };
      const created = await context.api.post(machinePath(app), body, machine);
      context.progress(`Created ${created.id} (${created.name}); it starts …`);
      await waitForState(context, { app, id: created.id, state: 'started', seconds: options.wait });
      const now = await context.api.get(machinePath(app, created.id), machine);
      context.show(now, () => `Machine ${now.id} is ${now.state}.`);
    });

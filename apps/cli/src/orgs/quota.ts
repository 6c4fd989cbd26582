import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { facts } from '../output/table.js';
import { organizationPath, quota } from './shapes.js';

const limit = z.coerce.number().int().min(0).optional();
const options = z.object({ apps: limit, machines: limit, cpus: limit, memory: limit });

export const quotaOfOrganization = (context: Context) =>
  new Command('quota')
    .description('show the limits of an organization, or change those that are named')
    .argument('<org>', 'slug')
    .option('--apps <number>')
    .option('--machines <number>')
    .option('--cpus <number>', 'virtual CPUs of all machines')
    .option('--memory <MB>', 'memory of all machines, in MB')
    .addHelpText('after', '\nWhat is above a limit already stays; nothing more is taken.')
    .action(async (slug: string, given: unknown) => {
      const { memory: memory_mb, ...others } = options.parse(given);
      const changes = Object.entries({ ...others, memory_mb }).filter(([, value]) => value !== undefined);
      const path = organizationPath(slug, 'quota');
      const limits =
        changes.length === 0
          ? await context.api.get(path, quota)
          : await context.api.call({ method: 'PATCH', path, body: Object.fromEntries(changes) }, quota);
      context.show(limits, () =>
        facts([
          ['Apps', String(limits.apps)],
          ['Machines', String(limits.machines)],
          ['CPUs', String(limits.cpus)],
          ['Memory MB', String(limits.memory_mb)],
        ]),
      );
    });

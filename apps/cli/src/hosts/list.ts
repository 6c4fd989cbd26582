import { Command } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { table } from '../output/table.js';
import { host } from './shapes.js';

const options = z.object({ all: z.boolean().default(false) });

export const listHosts = (context: Context) =>
  new Command('list')
    .alias('ls')
    .description('list the hosts that run machines')
    .option('-a, --all', 'removed ones too')
    .action(async (given: unknown) => {
      const { all } = options.parse(given);
      const path = `/api/v1/hosts${all ? '?include_removed=true' : ''}`;
      const { hosts } = await context.api.get(path, z.looseObject({ hosts: z.array(host) }));
      context.show(hosts, () =>
        hosts.length === 0
          ? 'No hosts have joined.'
          : table(
              ['ID', 'NAME', 'REGION', 'STATUS', 'MACHINES', 'CPUS', 'MEMORY MB'],
              hosts.map((row) => [
                row.id,
                row.name,
                row.region,
                row.cordoned ? `${row.status}, cordoned` : row.status,
                String(row.machine_count),
                `${row.used.cpus}/${row.capacity.cpus}`,
                `${row.used.memory_mb}/${row.capacity.memory_mb}`,
              ]),
            ),
      );
    });

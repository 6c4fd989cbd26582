import { Command } from 'commander';
import { z } from 'zod';
import { machine, type Machine } from '../api/shapes.js';
import type { Context } from '../context.js';
import { age } from '../output/age.js';
import { table } from '../output/table.js';
import { machinePath } from './path.js';

const options = z.object({
  region: z.string().optional(),
  state: z.string().optional(),
  all: z.boolean().optional(),
});

export const listMachines = (context: Context) =>
  new Command('list')
    .alias('ls')
    .description('list the machines of an app')
    .argument('<app>')
    .option('-r, --region <region>')
    .option('-s, --state <state>')
    .option('-a, --all', 'destroyed ones too')
    .action(async (app: string, given: unknown) => {
      const { region, state, all } = options.parse(given);
      const query = new URLSearchParams({
        ...(region ? { region } : {}),
        ...(state ? { state } : {}),
        ...(all ? { include_deleted: 'true' } : {}),
      });
      const machines = await context.api.get(`${machinePath(app)}?${query.toString()}`, z.array(machine));
      context.show(machines, () =>
        machines.length === 0
          ? `No machines in ${app}. Start one with: bulkhead machine run ${app} <image>`
          : table(
              ['ID', 'NAME', 'STATE', 'REGION', 'CHECKS', 'IMAGE', 'CREATED'],
              machines.map((row) => columns(row, context.now())),
            ),
      );
    });

const columns = (row: Machine, now: Date) => [
  row.id,
  row.name,
  row.cordoned ? `${row.state}, cordoned` : row.state,
  row.region,
  checks(row),
  row.config?.image,
  age(row.created_at, now),
];

function checks({ checks: all }: Machine): string {
  if (!all || all.length === 0) return '-';
  return `${all.filter(({ status }) => status === 'passing').length}/${all.length}`;
}

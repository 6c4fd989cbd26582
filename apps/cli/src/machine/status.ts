import { Command } from 'commander';
import { machine, type Machine } from '../api/shapes.js';
import type { Context } from '../context.js';
import { age } from '../output/age.js';
import { facts, table } from '../output/table.js';
import { machinePath } from './path.js';

const EVENTS_SHOWN = 15;

export const machineStatus = (context: Context) =>
  new Command('status')
    .description('show one machine with its checks and latest events')
    .argument('<app>')
    .argument('<machine>', 'id')
    .action(async (app: string, id: string) => {
      const found = await context.api.get(machinePath(app, id), machine);
      context.show(found, () => describe(found, context.now()));
    });

function describe(found: Machine, now: Date): string {
  const parts = [
    facts([
      ['Id', found.id],
      ['Name', found.name],
      ['State', found.state],
      ['Region', found.region],
      ['Host', found.host_status],
      ['Private address', found.private_ip],
      ['Image', found.config?.image],
      ['Digest', found.image_ref?.digest],
      ['Version', found.instance_id],
      ['Created', `${age(found.created_at, now)} ago`],
      ['Changed', `${age(found.updated_at, now)} ago`],
    ]),
  ];
  if (found.checks && found.checks.length > 0)
    parts.push(
      table(
        ['CHECK', 'STATUS', 'OUTPUT'],
        found.checks.map((row) => [row.name, row.status, row.output]),
      ),
    );
  if (found.events && found.events.length > 0)
    parts.push(
      table(
        ['EVENT', 'STATUS', 'SOURCE', 'AGO'],
        found.events
          .slice(0, EVENTS_SHOWN)
          .map((row) => [row.type, row.status, row.source, age(row.timestamp, now)]),
      ),
    );
  return parts.join('\n\n');
}

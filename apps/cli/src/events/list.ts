import { Command, Option } from 'commander';
import { z } from 'zod';
import type { Context } from '../context.js';
import { table } from '../output/table.js';

const options = z.object({
  journal: z.string(),
  org: z.string().optional(),
  type: z.string().optional(),
  aggregate: z.string().optional(),
  after: z.string().optional(),
  oldest: z.boolean().default(false),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

const page = z.looseObject({
  events: z.array(
    z.looseObject({
      id: z.string(),
      recorded_at: z.string(),
      aggregate: z.string(),
      version: z.number(),
      type: z.string(),
      actor: z.looseObject({ kind: z.string(), id: z.string() }),
    }),
  ),
  next_cursor: z.string().nullable(),
});

export const listEvents = (context: Context) =>
  new Command('list')
    .alias('ls')
    .description('what happened, as the journals have it; the newest first')
    .addOption(new Option('--journal <name>', 'whose').choices(['scheduler', 'api']).default('scheduler'))
    .option('-o, --org <slug>', 'one organization’s; else the whole platform’s')
    .option('--type <name>', 'such as MachineStarted')
    .option('--aggregate <type/id>', 'such as machine/0123456789abcd')
    .option('--oldest', 'the oldest first')
    .option('--after <cursor>', 'go on behind an earlier page')
    .option('--limit <number>', '1 to 500 (50)')
    .action(async (given: unknown) => {
      const { org, oldest, after, type, aggregate, journal, limit } = options.parse(given);
      const query = new URLSearchParams({
        journal,
        limit: String(limit),
        order: oldest ? 'asc' : 'desc',
        ...(after ? { after } : {}),
        ...(type ? { type } : {}),
        ...(aggregate ? { aggregate } : {}),
      });
      const base = org ? `/api/v1/organizations/${encodeURIComponent(org)}/events` : '/api/v1/events';
      const found = await context.api.get(`${base}?${query.toString()}`, page);
      context.show(found, ({ events, next_cursor }) =>
        [
          table(
            ['ID', 'RECORDED', 'TYPE', 'OF', 'VERSION', 'BY'],
            events.map((row) => [
              row.id,
              row.recorded_at,
              row.type,
              row.aggregate,
              String(row.version),
              `${row.actor.kind}:${row.actor.id}`,
            ]),
          ),
          ...(next_cursor ? [`More: --after ${next_cursor}`] : []),
        ].join('\n'),
      );
    });

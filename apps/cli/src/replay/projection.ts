import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { printable, table } from '../output/table.js';
import { projectionsOf, type Projection } from './projections.js';

const started = z.looseObject({ id: z.string() });
const report = z.looseObject({
  cursor: z.looseObject({ epoch: z.string(), position: z.number() }),
  envelopes: z.number(),
  rows: z.record(z.string(), z.number()),
  drift: z.array(z.looseObject({ table: z.string(), side: z.string(), row: z.string() })),
  drifted: z.array(z.looseObject({ table: z.string(), side: z.string(), rows: z.number() })),
  parked: z.array(z.looseObject({ aggregate: z.string(), error: z.string() })),
  swapped: z.boolean(),
});
type Report = z.infer<typeof report>;
const status = z.discriminatedUnion('state', [
  z.looseObject({ state: z.literal('running'), position: z.number() }),
  z.looseObject({ state: z.literal('done'), report }),
  z.looseObject({ state: z.literal('failed'), error: z.string() }),
]);

const POLL_MS = 500;
/** The service counts no further. */
const COUNTED = 100;

/** Rebuilds a projection beside its live tables, waits for it, and says what differs. */
export async function replayProjection(context: Context, name: string, swap: boolean): Promise<void> {
  const projection = (await projectionsOf(context)).find((known) => known.name === name);
  if (!projection)
    throw new CliError(`There is no projection ${name}.`, {
      code: 'not_found',
      exitCode: EXIT.notFound,
      advice: 'See: bulkhead replay --list',
    });
  const found = await finished(context, projection, swap);
  context.show(found, describe);
  if (found.drift.length > 0 || found.parked.length > 0) context.exitCode = EXIT.foundProblems;
}

async function finished(
  context: Context,
  { service, name, position }: Projection,
  swap: boolean,
): Promise<Report> {
  const { id } = await context.api.post('/api/v1/replays', { service, projection: name, swap }, started);
  for (;;) {
    const found = await context.api.get(`/api/v1/replays/${encodeURIComponent(id)}`, status);
    if (found.state === 'done') return found.report;
    if (found.state === 'failed')
      throw new CliError(`The replay of ${name} failed: ${found.error}`, { code: 'replay_failed' });
    context.progress(`${found.position} of ${Math.max(position, found.position)}`);
    await delay(POLL_MS);
  }
}

function describe({ cursor, envelopes, rows, drift, drifted, parked, swapped }: Report): string {
  const counted = Object.entries(rows).map(([name, count]) => `${name} ${count}`);
  const lines = [
    `Rebuilt from ${envelopes} envelopes up to position ${cursor.position} (epoch ${cursor.epoch}): ${counted.join(', ')} rows.`,
  ];
  if (drift.length === 0) lines.push('No drift: every row is the same.');
  else
    lines.push(
      'DRIFT. Rows that only one side has:',
      table(
        ['TABLE', 'SIDE', 'ROWS'],
        drifted.map((group) => [
          group.table,
          group.side,
          `${group.rows}${group.rows >= COUNTED ? ' or more' : ''}`,
        ]),
      ),
      ...drift.map(({ table: of, side, row }) => `${side === 'live' ? '-' : '+'} ${of} ${printable(row)}`),
    );
  for (const { aggregate, error } of parked)
    lines.push(`${aggregate} can’t be followed: ${printable(error)}`);
  if (swapped) lines.push('The rebuilt rows are live now.');
  return lines.join('\n');
}

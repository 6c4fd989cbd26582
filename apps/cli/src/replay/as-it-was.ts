import { z } from 'zod';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { printable } from '../output/table.js';

const history = z.looseObject({
  kind: z.string(),
  id: z.string(),
  journal: z.string(),
  position: z.number(),
  epoch: z.string().nullable(),
  recorded_at: z.string().nullable(),
  version: z.number(),
  state: z.record(z.string(), z.unknown()),
});

/** Shows an app, a machine or a host as it was at a position or a time of recording. */
export async function showAsItWas(context: Context, kind: string, name: string, at: string): Promise<void> {
  const query = new URLSearchParams({ at: whenOf(at) });
  const path = `/api/v1/history/${encodeURIComponent(kind)}/${encodeURIComponent(name)}?${query.toString()}`;
  const found = await context.api.get(path, history);
  context.show(found, ({ id, journal, position, epoch, recorded_at, version, state }) =>
    [
      `${kind} ${id} at version ${version}: journal ${journal}, position ${position}` +
        (recorded_at ? ` (recorded ${recorded_at}, epoch ${epoch ?? '-'})` : ''),
      JSON.stringify(state, null, 2).split('\n').map(printable).join('\n'),
    ].join('\n'),
  );
}

/** A position as it is, a time as the API reads it. */
function whenOf(text: string): string {
  if (/^\d{1,15}$/.test(text)) return text;
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new CliError(`${text} is neither a position nor a time.`, {
    code: 'bad_option',
    exitCode: EXIT.usage,
    advice: 'Give a position such as 1234, or a time such as 2026-01-01T12:00:00Z.',
  });
}

import type { Context } from '../context.js';
import { table } from '../output/table.js';
import { projectionsOf } from './projections.js';

export async function listProjections(context: Context): Promise<void> {
  context.show(await projectionsOf(context), (rows) =>
    table(
      ['PROJECTION', 'SERVICE', 'OF', 'POSITION', 'STATE'],
      rows.map(({ name, service, journal, position, state }) => [
        name,
        service,
        journal,
        String(position),
        state,
      ]),
    ),
  );
}

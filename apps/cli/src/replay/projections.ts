import type { Context } from '../context.js';
import { journals } from '../journal/shapes.js';

export interface Projection {
  readonly service: string;
  readonly name: string;
  readonly journal: string;
  readonly position: number;
  readonly state: string;
}

/** Every projection of every service that answers. */
export async function projectionsOf({ api }: Context): Promise<Projection[]> {
  const found = await api.get('/api/v1/journals', journals);
  return found.journals.flatMap(({ service, projections }) =>
    (projections ?? []).map(({ name, journal, cursor, state }) => ({
      service,
      name,
      journal,
      position: cursor.position,
      state,
    })),
  );
}

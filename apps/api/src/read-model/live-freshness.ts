import type { Touched } from '@bulkhead/contracts';
import type { Database, Seen } from '@bulkhead/journal';
import type { Freshness } from './freshness.js';

type Journal = 'api' | 'scheduler';

/** The projection that reads each journal, and the table that shows which versions it has applied. */
const READERS = {
  api: { projection: 'api-tenants', events: 'api_event' },
  scheduler: { projection: 'api-machines', events: 'scheduler_event' },
} as const satisfies Record<Journal, { projection: string; events: string }>;

/** What the projections announce, and for what was announced before this process listened, their tables. */
export const liveFreshness = (database: Database, announced: Readonly<Record<Journal, Seen>>): Freshness => ({
  async seen(journal, touched, timeoutMs) {
    if (await announced[journal].seen(touched, 0)) return true;
    if (await applied(database, READERS[journal].events, touched)) return true;
    return announced[journal].seen(touched, timeoutMs);
  },
  async staleSince(journal, aggregate) {
    const [row] = await database.query<{ at: Date }>(
      'select at from parked where reader = $1 and aggregate = $2',
      [READERS[journal].projection, aggregate],
    );
    return row?.at ?? null;
  },
});

async function applied(database: Database, table: string, touched: readonly Touched[]): Promise<boolean> {
  const rows = await database.query<{ aggregate: string; version: number }>(
    `select aggregate, max(version) as version from ${table} where aggregate = any($1::text[]) group by aggregate`,
    [touched.map(({ aggregate: { type, id } }) => `${type}/${id}`)],
  );
  const known = new Map(rows.map(({ aggregate, version }) => [aggregate, version]));
  return touched.every(
    ({ aggregate: { type, id }, version }) => (known.get(`${type}/${id}`) ?? 0) >= version,
  );
}

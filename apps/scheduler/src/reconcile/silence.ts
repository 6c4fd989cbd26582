import type { Silence } from '@bulkhead/domain';
import { hostId } from '@bulkhead/contracts';
import type { Leader, Sql } from '@bulkhead/journal';
import { z } from 'zod';

const silentHost = z.object({ host: hostId, lost: z.boolean(), silent_ms: z.coerce.number(), at: z.date() });

export interface SilentHost extends Silence {
  readonly lastSeen: Date;
}

/** A longer pause between two looks says something about this process, not about hosts. */
const MOST_COUNTED_MS = 3_000;

/** How much of the time since the last look counts. A clock that was set back, or far forward, says nothing about hosts either. */
export const countedMs = (last: number | null, now: number): number =>
  last === null ? 0 : Math.min(Math.max(0, now - last), MOST_COUNTED_MS);

/**
 * Adds time that passed while scheduler and bus were up to the silence of every host; a heartbeat ends a silence.
 * @returns every host there is, or null where leadership was lost.
 */
export async function countSilence(
  sql: Sql,
  { role, holder, term }: Leader,
  elapsedMs: number,
): Promise<SilentHost[] | null> {
  const rows = await sql.query(
    `with leader as materialized (
       select from leadership where role = $1 and holder = $2 and term = $3 and expires_at > clock_timestamp()
     ), counted as (
       update heartbeat set silent_ms = silent_ms + $4 where exists (select from leader) returning host, silent_ms, at
     )
     select c.host, h.status = 'lost' as lost, c.silent_ms, c.at from counted c join host h on h.id = c.host
     where h.status <> 'removed'
     union all select null, null, null, null where exists (select from leader)`,
    [role, holder, term, Math.round(elapsedMs)],
  );
  // The last row says that this copy leads, even where there are no hosts.
  if (rows.length === 0) return null;
  return rows
    .filter(({ host }) => host !== null)
    .map((row) => {
      const { host, lost, silent_ms: silentMs, at } = silentHost.parse(row);
      return { host, lost, silentMs, lastSeen: at };
    });
}

import { hostId, toTimestamp } from '@bulkhead/contracts';
import { hostAbilities as input } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { handler } from '../access/handler.js';
import type { Scheduler } from '../scheduler.js';

const row = z.object({
  host: hostId,
  at: z.date(),
  version: z.string(),
  abilities: z.record(z.string(), z.string()),
});

/** What hosts can do, as they said last: of the moment, so no event has it. Removed hosts are left out. */
export const hostAbilities = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'read', on: 'platform' },
    input,
    handle: async () => {
      const rows = await scheduler.database.query(
        `select b.host, b.at, b.version, b.abilities from heartbeat b join host h on h.id = b.host
         where h.status <> 'removed' order by h.name`,
      );
      const hosts = z
        .array(row)
        .parse(rows)
        .map(({ at, ...said }) => ({ ...said, heardAt: toTimestamp(at) }));
      return { result: { hosts } };
    },
  });

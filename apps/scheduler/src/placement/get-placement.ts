import { generation, hostId, organizationId } from '@bulkhead/contracts';
import { placementRequest as input, type PlacementResult } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { handler } from '../access/handler.js';
import type { Scheduler } from '../scheduler.js';

const placed = z.object({
  host: hostId,
  organization: organizationId,
  epoch: z.coerce.number(),
  count: z.coerce.number(),
  registry: z.string().nullable(),
});

/**
 * Where a machine is placed, as decisions wrote it, and what its host's feed says of its image. A lost host holds nothing: what it
 * runs is being placed again.
 */
export const getPlacement = ({ database }: Pick<Scheduler, 'database'>) =>
  handler({
    callers: ['vault'],
    access: { by: 'service' },
    input,
    async handle(_context, { machine }): Promise<{ result: PlacementResult }> {
      const [row] = await database.query(
        `select p.host, p.organization, p.epoch, p.count, m.state #>> '{config,resolved_image,credential}' as registry
         from placement p left join machine m on m.id = p.machine where p.machine = $1 and not p.host_lost`,
        [machine],
      );
      if (!row) return { result: { placement: null } };
      const { epoch, count, ...found } = placed.parse(row);
      return { result: { placement: { ...found, generation: generation.parse({ epoch, count }) } } };
    },
  });

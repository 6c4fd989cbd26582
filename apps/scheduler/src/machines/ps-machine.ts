import { TerminalError } from '@bulkhead/contracts';
import { generation, hostId } from '@bulkhead/contracts';
import { psResult } from '@bulkhead/contracts/commands/host';
import { psMachine as input } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { handler } from '../access/handler.js';
import { appOf } from '../access/sender.js';
import type { Scheduler } from '../scheduler.js';

const PS_TIMEOUT_MS = 5_000;

const placed = z.object({
  host: hostId,
  host_lost: z.boolean(),
  epoch: z.coerce.number(),
  count: z.coerce.number(),
});

/** The processes of a running machine, as its host sees them now. */
export const psMachine = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'read', on: 'machine' },
    input,
    handle: async ({ id, principal }, { machine }) => {
      const [row] = await scheduler.database.query(
        'select host, host_lost, epoch, count from placement where machine = $1 and app = $2',
        [machine, appOf(principal).id],
      );
      if (!row) throw new TerminalError('not_found', 'machine not found', { status: 404 });
      const { host, host_lost: hostLost, epoch, count } = placed.parse(row);
      if (hostLost)
        throw new TerminalError(
          'host_unreachable',
          'failed_precondition: the host of the machine is unreachable',
          {
            status: 412,
          },
        );
      const request = { id, machine, generation: generation.parse({ epoch, count }) };
      return {
        result: await scheduler.hosts.ask({ host, name: 'ps', request, timeoutMs: PS_TIMEOUT_MS }, psResult),
      };
    },
  });

import { TerminalError } from '@bulkhead/contracts';
import { getLease as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import { appOf } from '../access/sender.js';
import type { Scheduler } from '../scheduler.js';
import { leaseResultOf } from './keep-lease.js';
import { leaseOf } from './leases.js';

/** Who holds a machine's lease. The owner's word, not a read model's: clients decide by it. */
export const getLease = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'read', on: 'machine' },
    input,
    handle: async ({ principal }, { machine }) => {
      const lease = await leaseOf(scheduler.database, machine);
      const isOwn = lease && (await isOfApp(scheduler, machine, appOf(principal).id));
      if (!isOwn) throw new TerminalError('not_found', 'lease not found', { status: 404 });
      return { result: leaseResultOf(lease) };
    },
  });

async function isOfApp({ database }: Scheduler, machine: string, app: string): Promise<boolean> {
  const rows = await database.query('select 1 from placement where machine = $1 and app = $2', [
    machine,
    app,
  ]);
  return rows.length > 0;
}

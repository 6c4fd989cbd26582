import { releaseLease as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import { commandOf, loadMachine } from '../machines/change-machine.js';
import type { Scheduler } from '../scheduler.js';
import { assertUnleased } from './leases.js';

/** Gives a machine's lease back. Only its holder can; where there is none there is nothing to do. */
export const releaseLease = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'control', on: 'machine' },
    input,
    handle: (context, asked) => {
      const command = commandOf(scheduler, context, asked);
      return scheduler.journal.execute(command, async (decision) => {
        await loadMachine(decision, asked);
        const lease = await assertUnleased(scheduler.database, asked);
        if (lease)
          await decision.sql('delete from lease where machine = $1 and nonce = $2', [
            asked.machine,
            lease.nonce,
          ]);
        return { ok: true };
      });
    },
  });

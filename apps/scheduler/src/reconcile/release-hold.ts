import { releaseHold as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import { commandOf } from '../machines/change-machine.js';
import type { Scheduler } from '../scheduler.js';

/** An operator says that the hosts are really gone: their machines are placed again though they are more than half. */
export const releaseHold = (scheduler: Scheduler) =>
  handler({
    callers: ['api', 'operator'],
    access: { by: 'user', action: 'control', on: 'platform' },
    input,
    handle: (context, asked) =>
      scheduler.journal.execute(commandOf(scheduler, context, asked), async (decision) => {
        await decision.sql('insert into hold_release default values on conflict do nothing');
        return { ok: true };
      }),
  });

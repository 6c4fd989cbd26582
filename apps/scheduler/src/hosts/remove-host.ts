import { removeHost as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import { commandOf } from '../machines/change-machine.js';
import type { Scheduler } from '../scheduler.js';
import { changeHost } from './change-host.js';

/** Ends a host that has no machines left. It can only come back under a new id. */
export const removeHost = (scheduler: Scheduler) =>
  handler({
    callers: ['api', 'operator'],
    access: { by: 'user', action: 'delete', on: 'platform' },
    input,
    handle: (context, asked) =>
      changeHost(scheduler, commandOf(scheduler, context, asked), asked.host, { type: 'remove' }),
  });

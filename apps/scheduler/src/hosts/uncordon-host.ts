import { uncordonHost as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import { commandOf } from '../machines/change-machine.js';
import type { Scheduler } from '../scheduler.js';
import { changeHost } from './change-host.js';

/** Lets machines be placed on a host again. */
export const uncordonHost = (scheduler: Scheduler) =>
  handler({
    callers: ['api', 'operator'],
    access: { by: 'user', action: 'control', on: 'platform' },
    input,
    handle: (context, asked) =>
      changeHost(scheduler, commandOf(scheduler, context, asked), asked.host, { type: 'uncordon' }),
  });

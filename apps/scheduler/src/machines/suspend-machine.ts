import { suspendMachine as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import type { Scheduler } from '../scheduler.js';
import { changeMachine } from './change-machine.js';

/** Saves a running machine to its host's disk, memory and all. */
export const suspendMachine = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'control', on: 'machine' },
    input,
    handle: (context, asked) => changeMachine(scheduler, context, asked, () => ({ type: 'suspend' })),
  });

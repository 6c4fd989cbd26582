import { startMachine as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import type { Scheduler } from '../scheduler.js';
import { changeMachine } from './change-machine.js';

/** Starts a machine, or resumes one that is suspended. */
export const startMachine = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'control', on: 'machine' },
    input,
    handle: (context, asked) => changeMachine(scheduler, context, asked, () => ({ type: 'start' })),
  });

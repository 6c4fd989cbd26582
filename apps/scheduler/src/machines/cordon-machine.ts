import { cordonMachine as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import type { Scheduler } from '../scheduler.js';
import { changeMachine } from './change-machine.js';

/** Takes a machine out of the edges' routing. */
export const cordonMachine = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'control', on: 'machine' },
    input,
    handle: (context, asked) => changeMachine(scheduler, context, asked, () => ({ type: 'cordon' })),
  });

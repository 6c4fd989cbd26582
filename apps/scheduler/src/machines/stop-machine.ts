import { stopMachine as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import type { Scheduler } from '../scheduler.js';
import { changeMachine } from './change-machine.js';
import { stopWishOf } from './stop-wish.js';

/** Asks a machine to stop, by its stop signal or the one given. */
export const stopMachine = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'control', on: 'machine' },
    input,
    handle: (context, asked) =>
      changeMachine(scheduler, context, asked, () => ({ type: 'stop', ...stopWishOf(asked) })),
  });

import { restartMachine as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import type { Scheduler } from '../scheduler.js';
import { changeMachine } from './change-machine.js';
import { stopWishOf } from './stop-wish.js';

/** Stops a running machine and starts it again. */
export const restartMachine = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'control', on: 'machine' },
    input,
    handle: (context, asked) =>
      changeMachine(scheduler, context, asked, () => ({
        type: 'restart',
        force: asked.force,
        ...stopWishOf(asked),
      })),
  });

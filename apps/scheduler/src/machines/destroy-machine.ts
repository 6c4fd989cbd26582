import { destroyMachine as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import type { Scheduler } from '../scheduler.js';
import { changeMachine } from './change-machine.js';

/** Destroys a machine at rest, or with force any. */
export const destroyMachine = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'delete', on: 'machine' },
    input,
    handle: (context, asked) =>
      changeMachine(scheduler, context, asked, () => ({ type: 'destroy', force: asked.force })),
  });

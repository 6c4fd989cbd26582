import { Refusal, isLiving } from '@bulkhead/domain';
import { replaceMachine as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import { assertStillUnleased, assertUnleased } from '../leases/leases.js';
import { replace } from '../placement/replace.js';
import type { Scheduler } from '../scheduler.js';
import { commandOf, loadMachine } from './change-machine.js';
import { machineResultOf } from './machine-result.js';

/** Places a machine anew because somebody says so: its old copy counts no more, wherever it is. */
export const replaceMachine = (scheduler: Scheduler) =>
  handler({
    callers: ['api', 'operator'],
    access: { by: 'user', action: 'control', on: 'machine' },
    input,
    handle: (context, asked) => {
      const command = commandOf(scheduler, context, asked);
      return scheduler.journal.execute(command, async (decision) => {
        const loaded = await loadMachine(decision, asked);
        await assertUnleased(scheduler.database, asked);
        if (!isLiving(loaded.state)) throw new Refusal('not_found', 'machine not found', 404);
        const events = await replace(scheduler, decision, loaded, 'replaced');
        await assertStillUnleased(decision, asked);
        return machineResultOf(loaded.state, events);
      });
    },
  });

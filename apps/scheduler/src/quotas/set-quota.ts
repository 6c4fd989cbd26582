import { quotaAggregate } from '@bulkhead/domain';
import { setQuota as input } from '@bulkhead/contracts/commands/scheduler';
import { handler } from '../access/handler.js';
import { commandOf } from '../machines/change-machine.js';
import type { Scheduler } from '../scheduler.js';

/** Says how much an organization's machines may use in all. What is above it already stays. */
export const setQuota = (scheduler: Scheduler) =>
  handler({
    callers: ['api', 'operator'],
    access: { by: 'user', action: 'control', on: 'platform' },
    input,
    handle: (context, asked) =>
      scheduler.journal.execute(commandOf(scheduler, context, asked), async (decision) => {
        const quota = await decision.load(quotaAggregate, asked.organization);
        decision.append(
          quota,
          quotaAggregate.decide({ type: 'set', ...asked }, quota.state),
          asked.organization,
        );
        return { ok: true };
      }),
  });

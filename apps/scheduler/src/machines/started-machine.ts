import { machineAggregate, Refusal, isLiving, type MachineRequest } from '@bulkhead/domain';
import type { Placement } from '@bulkhead/domain';
import type { Outcome } from '@bulkhead/journal';
import type { Context } from '../access/handler.js';
import type { Scheduler } from '../scheduler.js';
import { commandOf, commitMachine, loadMachine, type MachineTarget } from './change-machine.js';

/**
 * Records what a user does to a running machine, and says where it runs. Only then is the host asked. A lease keeps others from
 * changing the machine, not from what runs in it.
 */
export function recordOnHost(
  scheduler: Scheduler,
  context: Context,
  target: MachineTarget,
  content: unknown,
  request: MachineRequest,
): Promise<Outcome<Pick<Placement, 'host' | 'generation'>>> {
  const command = commandOf(scheduler, context, content);
  return scheduler.journal.execute(command, async (decision) => {
    const loaded = await loadMachine(decision, target);
    const events = machineAggregate.decide(request, loaded.state);
    await commitMachine(decision, loaded, events);
    if (!isLiving(loaded.state) || !loaded.state.placement)
      throw new Refusal('not_found', 'machine not found', 404);
    const { host, generation } = loaded.state.placement;
    return { host, generation };
  });
}

import { hostId, machineId, newId } from '@bulkhead/contracts';
import { hostAggregate, isLiving, machineAggregate } from '@bulkhead/domain';
import type { Decision } from '@bulkhead/journal';
import type { Scheduler } from '../scheduler.js';
import { forgetPlacement, keepHost, keepPlacement } from './tables.js';

/** Writes down again where machines are and what hosts hold, of which events were taken in past the commands that keep these tables. */
export async function keepAdopted(
  { journal, clock }: Pick<Scheduler, 'journal' | 'clock'>,
  aggregates: readonly string[],
): Promise<void> {
  for (const aggregate of aggregates)
    await journal.execute(
      {
        id: `keep-adopted.${newId()}`,
        content: aggregate,
        actor: { kind: 'service', id: 'scheduler' },
        organization: 'platform',
        now: clock.now(),
      },
      async (decision) => {
        await keep(decision, aggregate);
        return null;
      },
    );
}

async function keep(decision: Decision, aggregate: string): Promise<void> {
  const [type, id] = aggregate.split('/');
  if (type === 'host') await keepHost(decision, (await decision.load(hostAggregate, hostId.parse(id))).state);
  if (type !== 'machine') return;
  const machine = machineId.parse(id);
  const { state } = await decision.load(machineAggregate, machine);
  await (isLiving(state) ? keepPlacement(decision, state) : forgetPlacement(decision, machine));
}

import { hostAggregate, isLiving, type MachineEvent } from '@bulkhead/domain';
import type { Decision } from '@bulkhead/journal';
import { commitMachine, type LoadedMachine } from '../machines/change-machine.js';
import type { Scheduler } from '../scheduler.js';
import { moveTo } from './move.js';
import { findRoom } from './room.js';
import { keepHost } from './tables.js';

/**
 * Places a machine on another host than its own.
 * @throws Refusal `insufficient_capacity` where no other host in its region has room.
 */
export async function replace(
  scheduler: Scheduler,
  decision: Decision,
  loaded: LoadedMachine,
  reason: 'host_lost' | 'replaced',
): Promise<readonly MachineEvent[]> {
  const { state } = loaded;
  if (!isLiving(state) || !state.placement) return [];
  const { machine, app, organization, config, region, placement } = state;
  const [room, old] = await Promise.all([
    findRoom(scheduler, decision, { machine, app, organization, config, region, except: placement.host }),
    decision.load(hostAggregate, placement.host),
  ]);
  const { events, hosts } = await moveTo(scheduler, decision, state, room, old, reason);
  await commitMachine(decision, loaded, events);
  for (const host of hosts) await keepHost(decision, host);
  return events;
}

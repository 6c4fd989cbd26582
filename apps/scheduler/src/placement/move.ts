import {
  hostAggregate,
  machineAggregate,
  type HostEvent,
  type HostState,
  type LivingMachine,
  type MachineEvent,
} from '@bulkhead/domain';
import type { Decision, Loaded } from '@bulkhead/journal';
import type { Scheduler } from '../scheduler.js';
import { placementAt, type Room } from './room.js';

export interface Move {
  readonly events: readonly MachineEvent[];
  /** As they are to be written down once everything is loaded. */
  readonly hosts: readonly HostState[];
}

/** Gives a machine a newer placement on a host with room, and its old host its room back. */
export async function moveTo(
  scheduler: Scheduler,
  decision: Decision,
  machine: LivingMachine,
  room: Room,
  old: Loaded<HostState, HostEvent> | null,
  reason: 'host_lost' | 'replaced' | 'updated',
): Promise<Move> {
  const { organization, placement } = machine;
  const networkId = placement?.networkId ?? 0;
  const at = await placementAt(
    scheduler,
    room,
    { organization, networkId, last: placement?.generation ?? null },
    reason,
  );
  decision.append(room.host, room.events, 'platform');
  const hosts: HostState[] = [room.state];
  if (old && old.state.status !== 'removed') {
    const released = hostAggregate.decide({ type: 'release', machine: machine.machine }, old.state);
    decision.append(old, released, 'platform');
    hosts.push(released.reduce(hostAggregate.evolve, old.state));
  }
  return { events: machineAggregate.decide(at, machine), hosts };
}

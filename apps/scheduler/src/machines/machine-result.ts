import { isLiving, machineAggregate, type MachineEvent, type MachineState } from '@bulkhead/domain';
import { TerminalError } from '@bulkhead/contracts';
import type { MachineResult } from '@bulkhead/contracts/commands/scheduler';

/** What a command answers of a machine, after its events. */
export function machineResultOf(before: MachineState, events: readonly MachineEvent[]): MachineResult {
  const after = events.reduce(machineAggregate.evolve, before);
  const known = isLiving(after) ? after : before;
  if (!isLiving(known)) throw new TerminalError('not_found', 'machine not found', { status: 404 });
  const { machine, app, organization, name, region, instance, cordoned, placement, config } = known;
  return {
    machine,
    app,
    organization,
    name,
    region,
    instance,
    state: isLiving(after) ? after.status : 'destroyed',
    cordoned,
    host: placement?.host ?? null,
    hostStatus: known.hostLost ? 'unreachable' : 'ok',
    generation: placement?.generation ?? null,
    address: placement?.address ?? null,
    config,
  };
}

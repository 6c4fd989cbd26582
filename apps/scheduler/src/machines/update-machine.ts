import {
  hostAggregate,
  isLiving,
  machineAggregate,
  quotaAggregate,
  Refusal,
  type LivingMachine,
  type MachineConfig,
  type MachineEvent,
} from '@bulkhead/domain';
import { newInstanceId } from '@bulkhead/contracts';
import { updateMachine as input, type UpdateMachine } from '@bulkhead/contracts/commands/scheduler';
import type { Decision } from '@bulkhead/journal';
import { handler } from '../access/handler.js';
import { appOf } from '../access/sender.js';
import { assertStillUnleased, assertUnleased } from '../leases/leases.js';
import { findRoom, takeRoom, type Room } from '../placement/room.js';
import { moveTo } from '../placement/move.js';
import { keepHost } from '../placement/tables.js';
import type { Scheduler } from '../scheduler.js';
import { commandOf, commitMachine, loadMachine } from './change-machine.js';
import { sizeOf } from './create-machine.js';
import { machineResultOf } from './machine-result.js';
import { contentOf, wished } from './content.js';

/** Gives a machine a new configuration, which is a new instance of it; on another host where it has outgrown its own. */
export const updateMachine = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'write', on: 'machine' },
    input,
    handle: async (context, asked) => {
      const { organization } = appOf(context.principal);
      const content = await contentOf(scheduler.sealer, organization, wished(asked));
      const command = commandOf(scheduler, context, content);
      const instance = newInstanceId(scheduler.random.id());
      return scheduler.journal.execute(command, async (decision) => {
        const loaded = await loadMachine(decision, asked);
        await assertUnleased(scheduler.database, asked);
        const { config, launch, current } = asked;
        const events = machineAggregate.decide(
          { type: 'update', instance, config, launch, ...(current === undefined ? {} : { current }) },
          loaded.state,
        );
        const updated = events.reduce(machineAggregate.evolve, loaded.state);
        if (!isLiving(updated)) throw new Refusal('not_found', 'machine not found', 404);
        assertFixed(asked, updated);
        const moved = await fit(scheduler, decision, updated, config);
        await commitMachine(decision, loaded, [...events, ...moved.events]);
        for (const room of moved.hosts) await keepHost(decision, room);
        await assertStillUnleased(decision, asked);
        return machineResultOf(loaded.state, [...events, ...moved.events]);
      });
    },
  });

/** What a machine keeps for its life. */
function assertFixed({ name, region }: UpdateMachine, state: LivingMachine): void {
  const changed =
    name !== undefined && name !== state.name
      ? 'name'
      : region !== undefined && region !== state.region
        ? 'region'
        : null;
  if (changed)
    throw new Refusal(
      'invalid_argument',
      `a machine's ${changed} can't be changed: create another machine`,
      400,
      {
        field: changed,
      },
    );
}

/** Takes the room that the new configuration needs: where the machine is, else where there is some. */
async function fit(scheduler: Scheduler, decision: Decision, machine: LivingMachine, config: MachineConfig) {
  const { organization, placement } = machine;
  const [quota, host] = await Promise.all([
    decision.load(quotaAggregate, organization),
    placement ? decision.load(hostAggregate, placement.host) : null,
  ]);
  decision.append(
    quota,
    quotaAggregate.decide(
      { type: 'take', organization, machine: machine.machine, ...sizeOf(config) },
      quota.state,
    ),
  );
  const here = host && roomHere(() => takeRoom(host, machine.machine, config));
  if (here) {
    decision.append(here.host, here.events, 'platform');
    return { events: [] as readonly MachineEvent[], hosts: here.events.length > 0 ? [here.state] : [] };
  }
  const { machine: id, app, region } = machine;
  const seeker = {
    machine: id,
    app,
    organization,
    config,
    region,
    ...(placement ? { except: placement.host } : {}),
  };
  return moveTo(scheduler, decision, machine, await findRoom(scheduler, decision, seeker), host, 'updated');
}

function roomHere(take: () => Room): Room | null {
  try {
    return take();
  } catch (error) {
    if (error instanceof Refusal && error.code === 'insufficient_capacity') return null;
    throw error;
  }
}

import {
  machineAggregate,
  machineNameAggregate,
  machineNameId,
  nameOf,
  quotaAggregate,
  type InstanceId,
  type MachineId,
} from '@bulkhead/domain';
import { MACHINE_ID_BYTES, newInstanceId, newMachineId } from '@bulkhead/contracts';
import { createMachine as input, type CreateMachine } from '@bulkhead/contracts/commands/scheduler';
import { notFound } from '@bulkhead/auth';
import type { Decision } from '@bulkhead/journal';
import { handler, type Context } from '../access/handler.js';
import { appOf } from '../access/sender.js';
import { newNonce, ownerOf } from '../leases/acquire-lease.js';
import { keepLease } from '../leases/keep-lease.js';
import { findRoom, placementAt } from '../placement/room.js';
import { keepHost } from '../placement/tables.js';
import type { Scheduler } from '../scheduler.js';
import type { AppRow } from '../storage/entities.js';
import { commandOf, commitMachine } from './change-machine.js';
import { machineResultOf } from './machine-result.js';
import { contentOf, wished } from './content.js';

/** Creates a machine and places it: name, quota, room on a host and the machine together, or not at all. */
export const createMachine = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'create', on: 'app' },
    input,
    handle: async (context, asked) => {
      const app = appOf(context.principal);
      if (app.deleted) throw notFound('app');
      const command = commandOf(
        scheduler,
        context,
        await contentOf(scheduler.sealer, app.organization, wished(asked)),
      );
      const { random } = scheduler;
      const wanted = {
        ...asked,
        machine: newMachineId(random.bytes(MACHINE_ID_BYTES)),
        instance: newInstanceId(random.id()),
      };
      return scheduler.journal.execute(command, async (decision) => {
        const result = await decide(scheduler, decision, app, wanted);
        const nonce = await lease(scheduler, decision, context, wanted);
        return { ...result, ...nonce };
      });
    },
  });

interface Wanted extends CreateMachine {
  readonly machine: MachineId;
  readonly instance: InstanceId;
}

async function decide(scheduler: Scheduler, decision: Decision, app: AppRow, wanted: Wanted) {
  const { machine, instance, config, launch, cordoned, region } = wanted;
  const { organization, id, networkId } = app;
  const name = wanted.name ?? nameOf(machine);
  const [loaded, taken, quota, room] = await Promise.all([
    decision.load(machineAggregate, machine),
    decision.load(machineNameAggregate, machineNameId(id, name)),
    decision.load(quotaAggregate, organization),
    findRoom(scheduler, decision, { machine, app: id, organization, config, ...(region ? { region } : {}) }),
  ]);
  decision.append(taken, machineNameAggregate.decide({ type: 'take', app: id, name, machine }, taken.state));
  decision.append(
    quota,
    quotaAggregate.decide({ type: 'take', organization, machine, ...sizeOf(config) }, quota.state),
  );
  const created = machineAggregate.decide(
    {
      type: 'create',
      machine,
      app: id,
      appName: app.name,
      organization,
      name,
      region: room.state.region,
      instance,
      config,
      launch,
      cordoned,
    },
    loaded.state,
  );
  const placement = await placementAt(scheduler, room, { organization, networkId, last: null }, 'created');
  const placed = machineAggregate.decide(placement, created.reduce(machineAggregate.evolve, loaded.state));
  decision.append(room.host, room.events, 'platform');
  await commitMachine(decision, loaded, [...created, ...placed]);
  await keepHost(decision, room.state);
  return machineResultOf(loaded.state, [...created, ...placed]);
}

/** What a machine counts against its organization's quota. */
export const sizeOf = ({
  guest,
}: {
  readonly guest: { readonly cpus: number; readonly memory_mb: number };
}) => ({
  cpus: guest.cpus,
  memoryMb: guest.memory_mb,
});

async function lease(
  { random }: Scheduler,
  decision: Decision,
  { principal }: Context,
  { machine, instance, leaseTtl }: Wanted,
): Promise<{ nonce?: string }> {
  if (leaseTtl === undefined) return {};
  const nonce = newNonce(random);
  await keepLease(
    decision,
    { machine, nonce, owner: ownerOf(principal), description: '', version: instance },
    leaseTtl,
  );
  return { nonce };
}

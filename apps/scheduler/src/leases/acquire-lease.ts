import { isLiving, Refusal } from '@bulkhead/domain';
import { RetryableError } from '@bulkhead/contracts';
import { acquireLease as input } from '@bulkhead/contracts/commands/scheduler';
import type { Random } from '@bulkhead/journal';
import { actorOf, type Sender } from '../access/clearing.js';
import { handler } from '../access/handler.js';
import { commandOf, loadMachine } from '../machines/change-machine.js';
import type { Scheduler } from '../scheduler.js';
import { keepLease, leaseResultOf } from './keep-lease.js';
import { assertUnleased, holdLeases } from './leases.js';

/** Takes a machine's lease, or with its nonce makes it last longer under the same nonce. */
export const acquireLease = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'control', on: 'machine' },
    input,
    handle: (context, asked) => {
      const command = commandOf(scheduler, context, asked);
      const fresh = newNonce(scheduler.random);
      return scheduler.journal.execute(command, async (decision) => {
        const { state } = await loadMachine(decision, asked);
        if (!isLiving(state)) throw new Refusal('not_found', 'machine not found', 404);
        const held = await assertUnleased(scheduler.database, asked);
        await holdLeases(decision, asked.machine);
        const lease = {
          machine: asked.machine,
          nonce: held?.nonce ?? fresh,
          owner: held?.owner ?? ownerOf(context.principal),
          description: asked.description ?? held?.description ?? '',
          version: state.instance,
        };
        const expiresAt = await keepLease(decision, lease, asked.ttl);
        if (!expiresAt)
          throw new RetryableError(
            'contended',
            'another lease of this machine was just taken; try again',
            50,
          );
        return leaseResultOf({ ...lease, expiresAt }, lease.nonce);
      });
    },
  });

export const newNonce = (random: Random): string => random.bytes(16).toString('hex');

/** Who a lease says holds it. */
export function ownerOf(sender: Sender): string {
  const { kind, id } = actorOf(sender);
  return `${kind}:${id}`;
}

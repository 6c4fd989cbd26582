import { identityAggregate } from '@bulkhead/domain';
import type { Command, Journal, Outcome } from '@bulkhead/journal';
import type { Identity, IdentityKind } from '@bulkhead/pki';

/** From its commit on nothing is issued to that identity again, nor is its name. */
export function removeIdentity(
  journal: Journal,
  command: Command,
  { kind, name }: Identity<IdentityKind>,
  reason: string,
): Promise<Outcome<null>> {
  return journal.execute(command, async (decision) => {
    const identity = await decision.load(identityAggregate, `${kind}/${name}`);
    decision.append(identity, identityAggregate.decide({ type: 'remove', reason }, identity.state));
    await decision.sql(
      `update identity set status = 'removed', removed_at = $3 where kind = $1 and name = $2 and status = 'active'`,
      [kind, name, command.now],
    );
    return null;
  });
}

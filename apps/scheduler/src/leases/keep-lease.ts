import type { Decision } from '@bulkhead/journal';
import type { LeaseResult } from '@bulkhead/contracts/commands/scheduler';
import { instanceId } from '@bulkhead/contracts';
import type { Lease } from './leases.js';

/** Writes a lease in a decision's transaction. One that another took meanwhile stays: then the answer is false. */
export async function keepLease(decision: Decision, lease: Lease, now: Date): Promise<boolean> {
  const { machine, nonce, owner, description, expiresAt, version } = lease;
  const kept = await decision.sql(
    `insert into lease (machine, nonce, owner, description, expires_at, version) values ($1, $2, $3, $4, $5, $6)
     on conflict (machine) do update set nonce = excluded.nonce, owner = excluded.owner, description = excluded.description,
       expires_at = excluded.expires_at, version = excluded.version
     where lease.expires_at <= $7 or lease.nonce = excluded.nonce
     returning 1`,
    [machine, nonce, owner, description, expiresAt, version, now],
  );
  return kept.length > 0;
}

/** What the API says of a lease; the nonce is for its holder alone. */
export const leaseResultOf = (lease: Lease, nonce?: string): LeaseResult => ({
  ...(nonce === undefined ? {} : { nonce }),
  expiresAt: Math.floor(lease.expiresAt.getTime() / 1000),
  owner: lease.owner,
  description: lease.description,
  version: instanceId.parse(lease.version),
});

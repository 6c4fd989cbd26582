import type { Decision } from '@bulkhead/journal';
import type { LeaseResult } from '@bulkhead/contracts/commands/scheduler';
import { instanceId } from '@bulkhead/contracts';
import { z } from 'zod';
import type { Lease } from './leases.js';

/**
 * Writes a lease of `ttl` seconds in a decision's transaction.
 * @returns until when it lasts, or null where another took one meanwhile, which stays.
 */
export async function keepLease(
  decision: Decision,
  lease: Omit<Lease, 'expiresAt'>,
  ttl: number,
): Promise<Date | null> {
  const { machine, nonce, owner, description, version } = lease;
  const [kept] = await decision.sql(
    `insert into lease (machine, nonce, owner, description, expires_at, version)
     values ($1, $2, $3, $4, clock_timestamp() + $5::int * interval '1 second', $6)
     on conflict (machine) do update set nonce = excluded.nonce, owner = excluded.owner, description = excluded.description,
       expires_at = excluded.expires_at, version = excluded.version
     where lease.expires_at <= clock_timestamp() or lease.nonce = excluded.nonce
     returning expires_at`,
    [machine, nonce, owner, description, ttl, version],
  );
  return kept ? z.object({ expires_at: z.date() }).parse(kept).expires_at : null;
}

/** What the API says of a lease; the nonce is for its holder alone. */
export const leaseResultOf = (lease: Lease, nonce?: string): LeaseResult => ({
  ...(nonce === undefined ? {} : { nonce }),
  expiresAt: Math.floor(lease.expiresAt.getTime() / 1000),
  owner: lease.owner,
  description: lease.description,
  version: instanceId.parse(lease.version),
});

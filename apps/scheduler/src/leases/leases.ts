import { createHash, timingSafeEqual } from 'node:crypto';
import { Refusal, type MachineId } from '@bulkhead/domain';
import type { Decision, Sql } from '@bulkhead/journal';
import { z } from 'zod';

/** The Machines API's lease of one machine, while it lasts. */
export interface Lease {
  readonly machine: MachineId;
  readonly nonce: string;
  readonly owner: string;
  readonly description: string;
  readonly expiresAt: Date;
  /** The machine's instance when it was taken. */
  readonly version: string;
}

/** A machine, and the nonce of its lease where the caller holds it. */
interface Leasable {
  readonly machine: MachineId;
  readonly nonce?: string;
}

const leaseRow = z.object({
  nonce: z.string(),
  owner: z.string(),
  description: z.string(),
  expires_at: z.date(),
  version: z.string(),
});

/** The lease that holds now, by the database's clock: copies of the scheduler may differ about the time, not about a lease. */
export async function leaseOf(sql: Pick<Sql, 'query'>, machine: MachineId): Promise<Lease | null> {
  const [found] = await sql.query(
    'select * from lease where machine = $1 and expires_at > clock_timestamp()',
    [machine],
  );
  if (!found) return null;
  const { nonce, owner, description, expires_at: expiresAt, version } = leaseRow.parse(found);
  return { machine, nonce, owner, description, expiresAt, version };
}

/** @throws Refusal (409) where somebody else holds the machine's lease. */
export async function assertUnleased(
  sql: Pick<Sql, 'query'>,
  { machine, nonce }: Leasable,
): Promise<Lease | null> {
  const lease = await leaseOf(sql, machine);
  if (lease && !isHolder(lease, nonce)) throw leaseHeld(lease);
  return lease;
}

/**
 * Keeps leases of a machine as they are until this decision is over: one that is taken meanwhile waits, and one that was just taken
 * is seen. It begins the transaction, so everything else is loaded before.
 */
export async function holdLeases(decision: Decision, machine: MachineId): Promise<void> {
  await decision.sql('select from placement where machine = $1 for update', [machine]);
}

/** The last word before a change is committed: a lease may have been taken since the change began. @throws Refusal (409) */
export async function assertStillUnleased(decision: Decision, target: Leasable): Promise<void> {
  await holdLeases(decision, target.machine);
  await assertUnleased({ query: (text, values) => decision.sql(text, values) }, target);
}

/** Whether a nonce is the lease's; tells nothing by the time it takes. */
export const isHolder = (lease: Lease, nonce: string | undefined): boolean =>
  nonce !== undefined && timingSafeEqual(sha256(lease.nonce), sha256(nonce));

const sha256 = (text: string) => createHash('sha256').update(text).digest();

const leaseHeld = ({ machine, owner, expiresAt }: Lease) =>
  new Refusal(
    'lease_held',
    `machine ID ${machine} lease currently held by ${owner}, expires at ${expiresAt.toISOString()}`,
    409,
    { owner, expiresAt: Math.floor(expiresAt.getTime() / 1000) },
  );

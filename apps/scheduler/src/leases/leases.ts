import { createHash, timingSafeEqual } from 'node:crypto';
import { Refusal, type MachineId } from '@bulkhead/domain';
import type { Sql } from '@bulkhead/journal';
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

const leaseRow = z.object({
  nonce: z.string(),
  owner: z.string(),
  description: z.string(),
  expires_at: z.date(),
  version: z.string(),
});

/** The lease that holds at a time, or null. */
export async function leaseOf(sql: Sql, machine: MachineId, now: Date): Promise<Lease | null> {
  const [found] = await sql.query('select * from lease where machine = $1 and expires_at > $2', [
    machine,
    now,
  ]);
  if (!found) return null;
  const { nonce, owner, description, expires_at: expiresAt, version } = leaseRow.parse(found);
  return { machine, nonce, owner, description, expiresAt, version };
}

/** @throws Refusal (409) where somebody else holds the machine's lease. */
export async function assertUnleased(
  sql: Sql,
  { machine, nonce }: { readonly machine: MachineId; readonly nonce?: string },
  now: Date,
): Promise<Lease | null> {
  const lease = await leaseOf(sql, machine, now);
  if (lease && !isHolder(lease, nonce)) throw leaseHeld(lease);
  return lease;
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

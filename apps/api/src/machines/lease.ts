import type { LeaseResult } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';

/** A machine's lease as the Machines API wraps it. */
export const leaseAnswer = z.object({
  status: z.literal('success'),
  data: z.object({
    nonce: z.string().optional(),
    /** Unix seconds. */
    expires_at: z.int(),
    owner: z.string(),
    description: z.string(),
    version: z.string(),
  }),
});

export const leaseAnswerOf = ({ nonce, expiresAt, owner, description, version }: LeaseResult) => ({
  status: 'success' as const,
  data: { ...(nonce === undefined ? {} : { nonce }), expires_at: expiresAt, owner, description, version },
});

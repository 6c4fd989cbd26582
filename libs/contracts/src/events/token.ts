import { z } from 'zod';
import type { EventContracts } from '../event-contract.js';
import { organizationId, timestamp, tokenId } from '../ids.js';

export const tokenScope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('platform') }),
  z.strictObject({
    kind: z.literal('organization'),
    organization: organizationId,
    access: z.enum(['full', 'read']),
  }),
]);

export const tokenContracts = {
  TokenCreated: {
    v: 1,
    schema: z.strictObject({
      token: tokenId,
      name: z.string().min(1).max(128),
      scope: tokenScope,
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex'),
      expiresAt: timestamp.nullable(),
    }),
  },
  TokenRevoked: { v: 1, schema: z.strictObject({ token: tokenId }) },
} satisfies EventContracts;

import { z } from 'zod';
import type { TokenRow } from '../read-model/entities.js';

export const tokenAnswer = z.object({
  id: z.string(),
  name: z.string(),
  access: z.enum(['full', 'read']),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
});

export const tokenAnswerOf = ({ id, name, access, createdAt, expiresAt, revokedAt }: TokenRow) => ({
  id,
  name,
  access: access ?? ('full' as const),
  created_at: createdAt.toISOString(),
  expires_at: expiresAt?.toISOString() ?? null,
  revoked_at: revokedAt?.toISOString() ?? null,
});

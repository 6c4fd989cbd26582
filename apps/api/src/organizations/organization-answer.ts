import { z } from 'zod';
import type { OrganizationRow } from '../read-model/entities.js';

export const organizationAnswer = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  kind: z.enum(['personal', 'shared']),
  internal_numeric_id: z.int(),
  created_at: z.string(),
});

/** An organization is called by its slug: what people are called stands in no event. */
export const organizationAnswerOf = ({ id, slug, kind, number, createdAt }: OrganizationRow) => ({
  id,
  slug,
  name: slug,
  kind,
  internal_numeric_id: number,
  created_at: createdAt.toISOString(),
});

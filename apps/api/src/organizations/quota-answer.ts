import type { QuotaLimits } from '@bulkhead/domain';
import { z } from 'zod';

/** What all of an organization's apps and machines may be and use. */
export const quotaAnswer = z.object({
  apps: z.int(),
  machines: z.int(),
  cpus: z.int(),
  memory_mb: z.int(),
});

export const quotaAnswerOf = ({ memoryMb, ...limits }: QuotaLimits): z.input<typeof quotaAnswer> => ({
  ...limits,
  memory_mb: memoryMb,
});

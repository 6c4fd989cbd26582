import { memberEnvironment } from '@bulkhead/platform';
import { z } from 'zod';

export const schedulerEnvironment = memberEnvironment.extend({
  /** Connection URL of the role bulkhead_scheduler. */
  BULKHEAD_PG: z.string().min(1),
  /** How long a host may be silent before its machines are placed again, in seconds. */
  BULKHEAD_HOST_LOST_AFTER: z.coerce.number().int().min(5).max(86_400).default(90),
});
export type SchedulerEnvironment = z.infer<typeof schedulerEnvironment>;

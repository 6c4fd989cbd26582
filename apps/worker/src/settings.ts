import { parseJson } from '@bulkhead/contracts';
import { imageEnvironment } from '@bulkhead/images';
import { memberEnvironment } from '@bulkhead/platform';
import { z } from 'zod';

const labels = z
  .string()
  .default('{}')
  .transform((text, context) => {
    const parsed = z.record(z.string(), z.string()).safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: 'must be a JSON object of strings' });
    return z.NEVER;
  });

export const workerEnvironment = memberEnvironment.extend({
  BULKHEAD_REGION: z.string().regex(/^[a-z0-9-]{1,32}$/),
  /** What operators call this host; its own host name unless given. */
  BULKHEAD_HOST_NAME: z.string().min(1).max(63).optional(),
  BULKHEAD_LABELS: labels,
  /** Where `scripts/setup/guest.mjs` left kernel and initrd. */
  BULKHEAD_GUEST_DIR: z.string().startsWith('/'),
  /** Socket of the privileged helper; without it machines run in the mode that needs no privilege. */
  BULKHEAD_HOSTD_SOCKET: z.string().startsWith('/').optional(),
  /** A directory in memory (tmpfs) for the keys of suspended machines; one in /dev/shm unless given. */
  BULKHEAD_MEMORY_DIR: z.string().startsWith('/').optional(),
  ...imageEnvironment,
  BULKHEAD_IMAGE_CACHE_MB: z.coerce.number().int().positive().default(10_240),
  BULKHEAD_CPU_OVERCOMMIT: z.coerce.number().positive().default(16),
  BULKHEAD_RESERVED_MEMORY_MB: z.coerce.number().int().nonnegative().default(1_024),
  /** Where edges on other hosts get their connections forwarded; nothing is forwarded without a port. */
  BULKHEAD_FORWARD_ADDRESS: z.string().default('127.0.0.1'),
  BULKHEAD_FORWARD_PORT: z.coerce.number().int().min(1).max(65535).optional(),
});
export type WorkerEnvironment = z.infer<typeof workerEnvironment>;

import { z } from 'zod';
import { instanceId, machineId } from './ids.js';

/** One line of a machine's output, as `bh.log.<host>.<org>.<app>` carries it. Never in a journal. */
export const logLine = z.object({
  /** Unix milliseconds. */
  at: z.int().nonnegative(),
  machine: machineId,
  instance: instanceId,
  region: z.string(),
  stream: z.enum(['stdout', 'stderr', 'platform']),
  /** At most 16 KiB; the app's own bytes, control characters included. */
  text: z.string().max(16 * 1024),
  /** The line goes on in the next one. */
  cut: z.boolean(),
});
export type LogLine = z.infer<typeof logLine>;

/** What one message of the `LOGS` stream holds. */
export const logBatch = z.object({ lines: z.array(logLine).min(1).max(500) });
export type LogBatch = z.infer<typeof logBatch>;

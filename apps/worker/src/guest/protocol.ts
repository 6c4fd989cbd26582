import { z } from 'zod';

/** What a guest may say (apps/guest-init/messages.go). The guest is hostile: every field is bounded. */

const MAX_TEXT = 48 * 1024; // 16 KiB of bytes, each of which may have become a replacement character
const count = z.int().nonnegative();
const unixMs = z.int().min(0).max(8.64e15);
const status = z.int().min(0).max(255).nullable();
const signal = z.int().min(1).max(64).nullable();

const logLine = z.object({
  seq: count,
  stream: z.enum(['stdout', 'stderr']),
  unixMs,
  text: z.string().max(MAX_TEXT),
  cut: z.boolean().default(false),
});

const exitRecord = z.object({
  exitCode: status,
  signal,
  oomKilled: z.boolean(),
  requested: z.boolean(),
  exitedAt: unixMs,
  error: z.string().max(4096).default(''),
});

export const guestMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    nonce: z.string().max(64),
    protocol: z.int(),
    configured: z.boolean(),
  }),
  z.object({
    type: z.literal('response'),
    id: count,
    error: z.object({ code: z.string().max(64), message: z.string().max(4096) }).optional(),
    result: z.unknown().optional(),
  }),
  z.object({ type: z.literal('log'), lines: z.array(logLine).min(1).max(1024), dropped: count }),
  z.object({ type: z.literal('output'), id: count, stream: z.enum(['stdout', 'stderr']), data: z.base64() }),
  z.object({ type: z.literal('exit'), exit: exitRecord }),
]);
export type GuestMessage = z.infer<typeof guestMessage>;
export type GuestLogLine = z.infer<typeof logLine>;
export type GuestExit = z.infer<typeof exitRecord>;

export const done = z.object({});

export const execOutcome = z.object({
  exitCode: status,
  signal,
  timedOut: z.boolean(),
  truncated: z.boolean(),
});

export const processList = z
  .array(
    z.object({
      pid: count,
      command: z.string().max(2048),
      directory: z.string().max(4096),
      cpu: count,
      rtime: count,
      stime: count,
      rss: count,
      listen_sockets: z.array(z.object({ proto: z.string().max(8), address: z.string().max(64) })).max(32),
    }),
  )
  .max(256);

/** guest-init of another protocol can't be talked to. */
export const PROTOCOL = 1;

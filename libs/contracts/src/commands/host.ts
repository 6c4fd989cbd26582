import { z } from 'zod';
import { generation } from '../feeds.js';
import { machineId } from '../ids.js';
import { commandFailure } from '../message.js';

/**
 * What the scheduler asks of one host at once, on `bh.host.<host>.<name>`. A host may not answer on a reply subject (trust.md), so
 * it answers with the command `bh.cmd.scheduler.answer.<host>`, naming the request. The same request may come twice: a host that
 * has carried it out answers again and does nothing.
 */
const request = {
  /** Made once per wish. */
  id: z.string().min(1).max(128),
  machine: machineId,
  /** The host refuses with `wrong_generation` where it runs another one. */
  generation,
};

/** `bh.host.<host>.exec` */
export const hostExec = z.object({
  ...request,
  command: z.array(z.string().max(8192)).min(1).max(256),
  stdin: z.string().max(65_536).exactOptional(),
  container: z.string().max(64).exactOptional(),
  timeoutMs: z.int().min(1).max(600_000),
});
export type HostExec = z.infer<typeof hostExec>;
export const execResult = z.object({
  exit_code: z.int(),
  exit_signal: z.int(),
  stdout: z.string(),
  stderr: z.string(),
});
export type ExecResult = z.infer<typeof execResult>;

/** `bh.host.<host>.ps` */
export const hostPs = z.object(request);
export type HostPs = z.infer<typeof hostPs>;
export const processEntry = z.object({
  pid: z.int(),
  command: z.string().max(4096),
  cpu: z.number(),
  rss: z.number(),
  rtime: z.number(),
  stime: z.number(),
  directory: z.string().max(4096),
  listen_sockets: z.array(z.object({ proto: z.string().max(8), address: z.string().max(128) })).max(256),
});
export const psResult = z.array(processEntry).max(4096);
export type PsResult = z.infer<typeof psResult>;

/** `bh.host.<host>.signal` */
export const hostSignal = z.object({ ...request, signal: z.string().max(16) });
export type HostSignal = z.infer<typeof hostSignal>;

/** Input of `bh.cmd.scheduler.answer.<host>`. */
export const hostAnswer = z.object({
  request: z.string().min(1).max(128),
  answer: z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), result: z.unknown() }),
    z.object({ ok: z.literal(false), error: commandFailure }),
  ]),
});
export type HostAnswer = z.infer<typeof hostAnswer>;

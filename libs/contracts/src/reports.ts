import { z } from 'zod';
import { generation } from './feeds.js';
import { instanceId, machineId, timestamp, traceId } from './ids.js';

const observed = {
  machine: machineId,
  generation,
  instance: instanceId,
  wish: z.int().nonnegative(),
  /** Of the command that the worker acted on. */
  trace: traceId.optional(),
};

export const exitRecord = z.object({
  exit_code: z.int(),
  guest_signal: z.int(),
  oom_killed: z.boolean(),
  requested_stop: z.boolean(),
  restarting: z.boolean(),
  restart_count: z.int().nonnegative(),
  exited_at: timestamp,
});

export const reach = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('direct') }),
  z.object({ kind: z.literal('forward'), ports: z.record(z.string(), z.int().min(1).max(65535)) }),
]);

export const checkStatus = z.object({
  name: z.string().max(128),
  status: z.enum(['passing', 'warning', 'critical']),
  output: z.string().max(4096),
  updated_at: timestamp,
});

/** What happened on a host. Numbered per host from 1, sent in order, kept in the worker's outbox until stored. */
export const reportFact = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started'), ...observed, reach, imageDigest: z.string().max(256) }),
  z.object({ kind: z.literal('exited'), ...observed, exit: exitRecord }),
  z.object({ kind: z.literal('stopped'), ...observed }),
  z.object({ kind: z.literal('suspended'), ...observed }),
  z.object({
    kind: z.literal('failed'),
    ...observed,
    code: z.string().max(64),
    message: z.string().max(2048),
  }),
  z.object({ kind: z.literal('checks'), ...observed, checks: z.array(checkStatus).max(64) }),
  z.object({ kind: z.literal('destroyed'), ...observed }),
  /** The outbox was full: the numbers from..to were dropped. */
  z.object({ kind: z.literal('gap'), from: z.int(), to: z.int(), reason: z.string().max(256) }),
  /** Everything that runs, sent on connecting, after a gap and after a new epoch. */
  z.object({
    kind: z.literal('whole-state'),
    machines: z.array(
      z.object({
        ...observed,
        state: z.enum(['starting', 'started', 'stopped', 'suspended', 'failed']),
        reach: reach.optional(),
        imageDigest: z.string().max(256).optional(),
      }),
    ),
  }),
]);
export type ReportFact = z.infer<typeof reportFact>;

export const report = z.object({ number: z.int().positive(), at: timestamp, fact: reportFact });
export type Report = z.infer<typeof report>;

/** Input of `bh.cmd.scheduler.report.<host>`. */
export const reportBatch = z.object({ reports: z.array(report).min(1).max(500) });
/** Its result. */
export const reportsStored = z.object({ storedUpTo: z.int().nonnegative() });

/** Input of `bh.cmd.scheduler.heartbeat.<host>`, every second; not an event. */
export const heartbeat = z.object({
  capacity: z.object({ cpus: z.number(), memoryMb: z.int(), diskMb: z.int() }),
  labels: z.record(z.string().max(63), z.string().max(63)),
  region: z.string().max(32),
  name: z.string().max(63),
  version: z.string().max(64),
  abilities: z.record(z.string(), z.string()),
  /** X25519 public key that the host's feed rows are sealed to, base64. */
  sealingKey: z.string(),
  forward: z.object({ host: z.string().max(253), port: z.int() }).nullable(),
});
export type Heartbeat = z.infer<typeof heartbeat>;

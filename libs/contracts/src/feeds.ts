import { z } from 'zod';
import { appId, hostId, instanceId, machineId, organizationId, traceId } from './ids.js';

/*
 * Rows of feeds and what else processes of two releases send each other (reports.ts, logs.ts, message.ts) are read leniently: a
 * field of a later release is passed over. What users ask for is strict, so that a typing error is refused.
 */

/** One change of a feed; `number` counts without gaps per feed. A null row means the key is gone. */
export const feedChange = z.object({
  number: z.int().positive(),
  key: z.string().max(160),
  row: z.record(z.string(), z.unknown()).nullable(),
});
export type FeedChange = z.infer<typeof feedChange>;

/** Sent every second, so that a follower notices silence and gaps. */
export const feedHead = z.object({ head: z.int().nonnegative() });

export const feedMessage = z.union([z.object({ changes: z.array(feedChange) }), feedHead]);
export type FeedMessage = z.infer<typeof feedMessage>;

/** Input of `bh.cmd.<owner>.feed.<caller>`. */
export const feedRequest = z.object({
  name: z.string().max(160),
  /** The feed id of the follower's copy, empty without one. */
  feed: z.string().max(64),
  after: z.int().nonnegative(),
  /** Set while the pages of a full answer are being read. */
  full: z.boolean(),
});
export type FeedRequest = z.infer<typeof feedRequest>;

/** Answer to `feed {name, after}`: the changes after N, or everything where N is too old or of another life. */
export const feedPage = z.object({
  /** Changes with a new feed id make the follower start over. */
  feed: z.string(),
  full: z.boolean(),
  changes: z.array(feedChange),
  head: z.int().nonnegative(),
  more: z.boolean(),
});
export type FeedPage = z.infer<typeof feedPage>;

export const generation = z.object({ epoch: z.int().nonnegative(), count: z.int().nonnegative() });

const port = z.int().min(1).max(65535);

/** How an edge gets to a machine's port. */
export const instanceReach = z.discriminatedUnion('kind', [
  /** The machine's own address, routed on this host or over the mesh. */
  z.object({ kind: z.literal('direct'), address: z.ipv6() }),
  /** Loopback forwards: internal port → port on 127.0.0.1 of the machine's host. */
  z.object({ kind: z.literal('forward'), ports: z.record(z.string(), port) }),
]);

export const edgeService = z.object({
  protocol: z.enum(['tcp', 'udp']),
  internal_port: port,
  ports: z.array(
    z.object({
      port: port.optional(),
      start_port: port.optional(),
      end_port: port.optional(),
      handlers: z.array(z.string()),
      force_https: z.boolean(),
      hsts: z.boolean(),
    }),
  ),
  concurrency: z.object({
    type: z.enum(['connections', 'requests']),
    soft_limit: z.int().positive(),
    hard_limit: z.int().positive(),
  }),
});
export type EdgeService = z.infer<typeof edgeService>;

/** A row of the `instances` feed, keyed by machine id: what an edge needs to route, and nothing else. */
export const instanceRow = z.object({
  machine: machineId,
  app: appId,
  appName: z.string(),
  organization: organizationId,
  generation,
  instance: instanceId,
  host: hostId,
  region: z.string(),
  /** Where the host's worker takes forwarded connections, for edges on other hosts. */
  worker: z.object({ host: z.string(), port }).nullable(),
  reach: instanceReach,
  started: z.boolean(),
  cordoned: z.boolean(),
  healthy: z.boolean(),
  services: z.array(edgeService),
});
export type InstanceRow = z.infer<typeof instanceRow>;

/** A row of the `edges` feed, keyed by the edge's id: it may come to workers of other hosts. */
export const edgeRow = z.object({ edge: hostId });
export type EdgeRow = z.input<typeof edgeRow>;

/** A row of a host's feed, keyed by machine id: what should run there. */
export const hostMachineRow = z.object({
  machine: machineId,
  machineName: z.string(),
  app: appId,
  appName: z.string(),
  organization: organizationId,
  region: z.string(),
  generation,
  instance: instanceId,
  desired: z.enum(['started', 'stopped', 'suspended', 'destroyed']),
  /** Raised by each start, restart and stop request, so that a worker can tell a new wish from an old one. */
  wish: z.int().nonnegative(),
  stop: z.object({ signal: z.string().optional(), timeoutMs: z.int().optional(), force: z.boolean() }),
  networkId: z.int().nonnegative(),
  /** Of the last command about the machine. */
  trace: traceId.optional(),
  /** The whole configuration and the 6PN address as JSON, sealed to the host's key: {config: MachineConfig, address}. */
  sealed: z.string(),
});
export type HostMachineRow = z.infer<typeof hostMachineRow>;

/** What a host's row is sealed with beside its key: a row of another host or machine does not open. */
export const hostRowContext = (host: string, machine: string): string => `host-feed ${host} ${machine}`;

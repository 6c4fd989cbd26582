import { availableParallelism } from 'node:os';
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);
const optionalPort = port.min(1).optional();

const hostname = z
  .string()
  .max(190)
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'a lower-case domain name');

const network = z.string().refine(isNetwork, 'an address or a network such as 10.0.0.0/8');

/** `a, b` as a list; nothing as an empty one. */
const commaSeparated = (item: z.ZodType<string, string>) =>
  z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((part) => part.trim() || []))
    .pipe(z.array(item));

/** What the edge reads from its environment. */
export const edgeEnvironment = z.object({
  BULKHEAD_EDGE_ADDRESS: z
    .string()
    .refine((text) => isIP(text) !== 0, 'an IP address')
    .default('127.0.0.1'),
  /** The plain listener: port 80 of apps' services. */
  BULKHEAD_EDGE_HTTP_PORT: port.default(8080),
  /** The TLS listener: port 443 of apps' services. */
  BULKHEAD_EDGE_HTTPS_PORT: port.default(8443),
  /** What clients see, where something forwards to this edge's ports. */
  BULKHEAD_EDGE_PUBLIC_HTTP_PORT: optionalPort,
  BULKHEAD_EDGE_PUBLIC_HTTPS_PORT: optionalPort,
  /** Apps answer at `<app>.<domain>`. */
  BULKHEAD_EDGE_DOMAIN: hostname.default('bulkhead.localhost'),
  BULKHEAD_EDGE_REGION: z
    .string()
    .regex(/^[a-z0-9-]{1,16}$/)
    .default('loc'),
  /** One per core unless given. */
  BULKHEAD_EDGE_THREADS: z.coerce.number().int().min(1).max(64).default(availableParallelism()),
  /** Proxies in front of this edge, whose `Fly-*` and `X-Forwarded-*` are believed. */
  BULKHEAD_EDGE_TRUSTED_PROXIES: commaSeparated(network),
  /** Of requests that no such proxy has decided about, the share whose span goes to the collector, where there is one. */
  BULKHEAD_EDGE_TRACE_RATIO: z.coerce.number().min(0).max(1).default(0.01),
  /** The host that this edge shares with machines: those are reached without their worker. */
  BULKHEAD_EDGE_HOST: z.string().optional(),
  /** How long requests may take to end after a stop; below the 20 s after which a service is cut off. */
  BULKHEAD_EDGE_DRAIN_SECONDS: z.coerce.number().min(0).max(18).default(15),
  /** A JSON array of instance rows to route by, followed as it changes: for tests and for debugging without a platform. */
  BULKHEAD_EDGE_ROUTES_FILE: z.string().min(1).optional(),
});
export type EdgeEnvironment = z.infer<typeof edgeEnvironment>;

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  try {
    new BlockList().addSubnet(address, Number(prefix), family);
    return /^\d{1,3}$/.test(prefix);
  } catch {
    return false;
  }
}

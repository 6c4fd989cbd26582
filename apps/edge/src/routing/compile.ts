import type { EdgeService, InstanceRow } from '@bulkhead/contracts/feeds';
import type { AppRoutes, Backend, Endpoint, Entrance, Entry } from './routes.js';

export interface CompileContext {
  /** The host this edge runs on, where it shares one with machines. */
  readonly ownHost: string | undefined;
  readonly slotOf: (backendKey: string) => number;
  /** Since when a backend has been one to route to, see Backend. */
  readonly sinceOf: (backendKey: string) => number;
}

/** The routes of one app from the rows of its machines' newest generations; undefined where it exposes nothing. */
export function compileApp(rows: readonly InstanceRow[], context: CompileContext): AppRoutes | undefined {
  const [first] = rows;
  if (!first) return undefined;
  const http = compileEntrance('http', rows, context);
  const https = compileEntrance('https', rows, context);
  return http || https ? { app: first.appName, http, https } : undefined;
}

type ServicePort = EdgeService['ports'][number];

/** Where versions of an app differ in the middle of a rollout, the stricter one holds. */
function compileEntrance(
  entry: Entry,
  rows: readonly InstanceRow[],
  context: CompileContext,
): Entrance | undefined {
  const ports: ServicePort[] = [];
  const backends: Backend[] = [];
  for (const row of rows) {
    const exposed = exposure(entry, row);
    if (!exposed) continue;
    ports.push(exposed.port);
    const endpoint = isRoutable(row)
      ? endpointOf(row, exposed.service.internal_port, context.ownHost)
      : undefined;
    if (endpoint) backends.push(backendOf(row, exposed.service, endpoint, context));
  }
  if (ports.length === 0) return undefined;
  return {
    forceHttps: entry === 'http' && ports.some(({ force_https }) => force_https),
    hsts: entry === 'https' && ports.some(({ hsts }) => hsts),
    backends,
  };
}

const SERVICE_PORT: Record<Entry, number> = { http: 80, https: 443 };

/** The row's first TCP service that serves HTTP on the entry's port: with TLS on https, without it on http. */
function exposure(entry: Entry, row: InstanceRow): { service: EdgeService; port: ServicePort } | undefined {
  for (const service of row.services) {
    const port = service.protocol === 'tcp' ? service.ports.find((port) => serves(entry, port)) : undefined;
    if (port) return { service, port };
  }
  return undefined;
}

function serves(entry: Entry, { port, start_port, end_port, handlers }: ServicePort): boolean {
  const wanted = SERVICE_PORT[entry];
  const isInRange = start_port !== undefined && start_port <= wanted && wanted <= (end_port ?? start_port);
  return (
    (port === wanted || isInRange) &&
    handlers.includes('http') &&
    handlers.includes('tls') === (entry === 'https')
  );
}

const isRoutable = ({ started, healthy, cordoned }: InstanceRow): boolean => started && healthy && !cordoned;

function endpointOf(
  row: InstanceRow,
  internalPort: number,
  ownHost: string | undefined,
): Endpoint | undefined {
  const { worker, machine, generation, host, reach } = row;
  if (worker && host !== ownHost)
    return {
      kind: 'worker',
      host: worker.host,
      port: worker.port,
      worker: host,
      machine,
      generation,
      internalPort,
    };
  if (reach.kind === 'direct') return { kind: 'tcp', host: reach.address, port: internalPort };
  const port = reach.ports[String(internalPort)];
  return port === undefined ? undefined : { kind: 'tcp', host: '127.0.0.1', port };
}

function backendOf(
  row: InstanceRow,
  service: EdgeService,
  endpoint: Endpoint,
  context: CompileContext,
): Backend {
  const { epoch, count } = row.generation;
  const key = `${row.machine}/${epoch}.${count}/${row.instance}/${service.internal_port}`;
  return {
    key,
    machine: row.machine,
    instance: row.instance,
    region: row.region,
    endpoint,
    since: context.sinceOf(key),
    slot: context.slotOf(key),
    softLimit: service.concurrency.soft_limit,
    hardLimit: service.concurrency.hard_limit,
    pooled: service.concurrency.type === 'requests',
  };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from 'node:http';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { instanceRow, type InstanceRow } from '@bulkhead/contracts/feeds';
import { newAppId, newHostId, newInstanceId, newMachineId, newOrganizationId } from '@bulkhead/contracts/ids';
import { allocateLimits, SharedLimits, type SharedLimitsMemory } from '../limits/shared-limits.js';
import { SlotAllocator } from '../limits/slot-allocator.js';
import { RouteBook } from '../routing/route-book.js';
import { DataPlane, type DataPlaneSettings } from '../server/data-plane.js';
import type { Observer, RequestRecord } from '../server/observer.js';
import { DEFAULT_TIME_LIMITS, type TimeLimits } from '../server/settings.js';
import { DevelopmentCa } from '../tls/development-ca.js';
import { EndpointDialer, type Dialer } from '../upstream/dialer.js';

export const DOMAIN = 'apps.localhost';
export const HOST = `hello.${DOMAIN}`;

/** What the data plane told about itself. */
export class RecordingObserver implements Observer {
  readonly records: RequestRecord[] = [];
  readonly refusals: string[] = [];
  connections = 0;
  inFlight = 0;
  failedConnects = 0;
  connectionOpened = () => void this.connections++;
  connectionClosed = () => void this.connections--;
  requestStarted = () => void this.inFlight++;
  requestEnded = (record: RequestRecord) => {
    this.inFlight--;
    this.records.push(record);
  };
  upstreamConnected = () => undefined;
  upstreamUnreachable = () => void this.failedConnects++;
  refused = (reason: string) => void this.refusals.push(reason);
}

export interface RowChoices {
  readonly port: number;
  readonly app?: string;
  readonly change?: Partial<InstanceRow>;
  readonly concurrency?: { type?: 'connections' | 'requests'; soft_limit?: number; hard_limit?: number };
  readonly forceHttps?: boolean;
  readonly hsts?: boolean;
}

/** A started, healthy machine on this host whose service answers on ports 80 and 443. */
export function machineRow({ port, app = 'hello', change = {}, ...choices }: RowChoices): InstanceRow {
  const common = { hsts: choices.hsts ?? false };
  return instanceRow.parse({
    machine: newMachineId(),
    app: newAppId(),
    appName: app,
    organization: newOrganizationId(),
    generation: { epoch: 1, count: 1 },
    instance: newInstanceId(),
    host: newHostId(),
    region: 'loc',
    worker: null,
    reach: { kind: 'forward', ports: { '8080': port } },
    started: true,
    cordoned: false,
    healthy: true,
    services: [
      {
        protocol: 'tcp',
        internal_port: 8080,
        ports: [
          { ...common, port: 80, handlers: ['http'], force_https: choices.forceHttps ?? false },
          { ...common, port: 443, handlers: ['tls', 'http'], force_https: false },
        ],
        concurrency: { type: 'requests', soft_limit: 20, hard_limit: 25, ...choices.concurrency },
      },
    ],
    ...change,
  });
}

export interface EdgeFixture {
  readonly http: number;
  readonly https: number;
  readonly ca: string;
  readonly observer: RecordingObserver;
  readonly plane: DataPlane;
  readonly book: RouteBook;
  readonly limits: SharedLimits;
  route(...rows: InstanceRow[]): void;
  close(): Promise<void>;
}

export interface EdgeChoices {
  readonly limits?: Partial<TimeLimits>;
  readonly settings?: Partial<DataPlaneSettings>;
  /** Shared with another fixture, as threads of one edge share it. */
  readonly memory?: SharedLimitsMemory;
  readonly thread?: number;
  readonly dialer?: Dialer;
  /** Wall-clock time by which routes are made; by default long ago, so that no machine counts as one that just started. */
  readonly routedAt?: () => number;
}

export const limitsForTwo = (): SharedLimitsMemory => allocateLimits(64, 2);

/** Reaches machines on this host, and no workers. */
export const localDialer = (): Dialer => new EndpointDialer(() => undefined);

/** A data plane on loopback ports of its own, with real sockets, real TLS and a development CA. */
export async function startEdge(choices: EdgeChoices = {}): Promise<EdgeFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'edge-'));
  const ca = await DevelopmentCa.open(directory, DOMAIN);
  const observer = new RecordingObserver();
  const limits = new SharedLimits(choices.memory ?? allocateLimits(64, 1), choices.thread ?? 0);
  const slots = new SlotAllocator(64, (slot) => limits.load(slot));
  const book = new RouteBook(
    { ownHost: undefined, slotOf: (key) => slots.slotOf(key) },
    choices.routedAt ?? (() => 0),
  );
  const plane = new DataPlane(
    {
      address: '127.0.0.1',
      domain: DOMAIN,
      region: 'loc',
      ports: { http: 0, https: 0 },
      publicPorts: { http: undefined, https: undefined },
      trustedProxies: [],
      sampling: undefined,
      limits: { ...DEFAULT_TIME_LIMITS, ...choices.limits },
      connectTimeoutMs: 2_000,
      ticketKeys: Buffer.alloc(48, 7),
      ...choices.settings,
    },
    { sharedLimits: limits, certificates: ca, dialer: choices.dialer ?? localDialer(), observer },
  );
  const ports = await plane.listen();
  return {
    ...ports,
    ca: ca.root,
    observer,
    plane,
    book,
    limits,
    route: (...rows) => {
      for (const update of book.apply({ kind: 'snapshot', rows })) plane.routes.apply(update);
    },
    close: async () => {
      plane.close();
      await rm(directory, { recursive: true });
    },
  };
}

export interface RawBackend {
  readonly port: number;
  /** Connections taken so far, and those open now. */
  readonly sockets: Socket[];
  close(): Promise<void>;
}

/** Resolves once the condition holds; the test's own time limit is the only one. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** An ordinary HTTP server on a loopback port of its own. */
export async function startHttpBackend(
  listener?: RequestListener,
): Promise<{ readonly server: HttpServer; readonly port: number; close(): void }> {
  const server = createHttpServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { server, port: (server.address() as AddressInfo).port, close };
}

/** A TCP server that does exactly what a test says. */
export async function startRawBackend(serve: (socket: Socket, index: number) => void): Promise<RawBackend> {
  const sockets: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    serve(socket, sockets.push(socket) - 1);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Calls `respond` with each head (its text) that arrives on a backend's connection; bodies are the test's matter. */
export function onHead(socket: Socket, respond: (head: string, rest: Buffer) => void): void {
  let held = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk]);
    const end = held.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = held.toString('latin1', 0, end + 4);
    const rest = held.subarray(end + 4);
    held = Buffer.alloc(0);
    respond(head, rest);
  });
}

/** A client's socket that remembers everything it was told. */
export class RawClient {
  private received = Buffer.alloc(0);
  private readonly waiting: { until: (text: string) => boolean; resolve: (text: string) => void }[] = [];
  hasEnded = false;
  isClosed = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    socket.on('end', () => {
      this.hasEnded = true;
      this.wake();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  static async http(port: number): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawClient(socket);
  }

  static async https({ https, ca }: EdgeFixture, servername = HOST): Promise<RawClient> {
    const socket = connectTls({
      host: '127.0.0.1',
      port: https,
      servername,
      ca,
      ALPNProtocols: ['http/1.1'],
    });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    return new RawClient(socket);
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  send(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  /** Sends a request without body for the fixture's app. */
  get(path = '/', ...fields: string[]): this {
    return this.send([`GET ${path} HTTP/1.1`, `Host: ${HOST}`, ...fields, '', ''].join('\r\n'));
  }

  /** Everything received once it holds `wanted`; rejects where the connection ends without it. */
  until(wanted: string): Promise<string> {
    return this.when((text) => text.includes(wanted)).then((text) => {
      if (!text.includes(wanted)) throw new Error(`the connection ended without ${wanted}: ${text}`);
      return text;
    });
  }

  /** Everything received by the time the edge said that it is done. */
  ended(): Promise<string> {
    return this.when(() => false);
  }

  close(): void {
    this.socket.destroy();
  }

  private when(until: (text: string) => boolean): Promise<string> {
    return new Promise((resolve) => {
      this.waiting.push({ until, resolve });
      this.wake();
    });
  }

  private wake(): void {
    const { text } = this;
    for (const entry of [...this.waiting]) {
      if (!this.hasEnded && !this.isClosed && !entry.until(text)) continue;
      this.waiting.splice(this.waiting.indexOf(entry), 1);
      entry.resolve(text);
    }
  }
}

import { BlockList, createServer as createTcpServer, isIPv6, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import type { SharedLimits } from '../limits/shared-limits.js';
import { WaitingRoom } from '../limits/waiting-room.js';
import type { ConnectionFacts } from '../proxy/connection-facts.js';
import type { SpanSampling } from '../proxy/trace.js';
import { hostnameOf } from '../routing/authority.js';
import { RouteTable } from '../routing/route-table.js';
import { Router } from '../routing/router.js';
import type { Entry } from '../routing/routes.js';
import type { CertificateSource } from '../tls/certificate-source.js';
import { awaitClientHello } from '../tls/await-client-hello.js';
import { HostContexts } from '../tls/host-contexts.js';
import type { Dialer } from '../upstream/dialer.js';
import { Pool } from '../upstream/pool.js';
import { ClientConnection, type ConnectionContext } from './client-connection.js';
import { Deadlines } from './deadlines.js';
import type { Observer } from './observer.js';
import type { TimeLimits } from './settings.js';

/** What a data plane needs to listen; plain data, as it crosses to a thread. */
export interface DataPlaneSettings {
  readonly address: string;
  readonly domain: string;
  readonly region: string;
  readonly ports: Readonly<Record<Entry, number>>;
  /** The ports that clients see; those listened on where nothing forwards to them. */
  readonly publicPorts: Readonly<Record<Entry, number | undefined>>;
  /** Addresses or networks (CIDR) of proxies whose word about clients is believed. */
  readonly trustedProxies: readonly string[];
  /** Undefined where no spans are exported. */
  readonly sampling: SpanSampling | undefined;
  readonly limits: TimeLimits;
  readonly connectTimeoutMs: number;
  /** 48 bytes, shared by all threads: a session made by one is resumed by any. */
  readonly ticketKeys: Uint8Array;
}

export interface DataPlaneParts {
  readonly sharedLimits: SharedLimits;
  readonly certificates: CertificateSource;
  readonly dialer: Dialer;
  readonly observer: Observer;
}

const SWEEP_MS = 100;
const UPSTREAM_IDLE_MS = 4_000;
const MAX_IDLE_PER_BACKEND = 64;
/** Requests that wait for machines of an app that are about to listen, per thread. */
const MAX_WAITING_PER_APP = 100;
/** How long a quiet connection is kept when draining: a request may be on its way. */
const DRAIN_GRACE_MS = 1_000;
const TLS_HANDSHAKE_MS = 10_000;
/** Per thread and listener; what is beyond is closed unheard. */
const MAX_CONNECTIONS = 20_000;

/** One thread's share of the edge: its listeners, their connections, and a copy of the routes. */
export class DataPlane {
  readonly routes: RouteTable;
  private readonly deadlines = new Deadlines(SWEEP_MS);
  private readonly pool: Pool;
  private readonly contexts: HostContexts;
  private readonly trusted: BlockList;
  private readonly connections = new Set<ClientConnection>();
  private readonly servers: Server[] = [];
  /** By peer, what the ClientHello of an open TLS connection asks for. */
  private readonly askedNames = new Map<string, string>();
  private readonly connectionContext: ConnectionContext;
  private publicPorts: Record<Entry, number> = { http: 80, https: 443 };
  private isDraining = false;
  private onQuiet: (() => void) | undefined;

  constructor(
    private readonly settings: DataPlaneSettings,
    private readonly parts: DataPlaneParts,
  ) {
    this.routes = new RouteTable(settings.domain);
    this.contexts = new HostContexts(parts.certificates, Buffer.from(settings.ticketKeys));
    this.trusted = trustedProxies(settings.trustedProxies);
    this.pool = new Pool(parts.dialer, {
      connectTimeoutMs: settings.connectTimeoutMs,
      idleTimeoutMs: UPSTREAM_IDLE_MS,
      maxIdlePerBackend: MAX_IDLE_PER_BACKEND,
    });
    this.connectionContext = this.makeContext();
    this.sweepPool();
  }

  /** Listens on both ports; resolves with those that were taken. */
  async listen(): Promise<Record<Entry, number>> {
    const { address, ports, publicPorts } = this.settings;
    const http = await this.open(this.makeTcpServer(), address, ports.http);
    const https = await this.open(this.makeTlsServer(), address, ports.https);
    this.publicPorts = { http: publicPorts.http ?? http, https: publicPorts.https ?? https };
    return { http, https };
  }

  /** Takes no new connections, lets every request that was begun end, and cuts what is left after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.isDraining = true;
    for (const server of this.servers) server.close();
    for (const connection of this.connections) connection.drain(DRAIN_GRACE_MS);
    const isQuiet = new Promise<void>((resolve) => (this.onQuiet = resolve));
    const timer = setTimeout(() => this.onQuiet?.(), timeoutMs);
    if (this.connections.size > 0) await isQuiet;
    clearTimeout(timer);
    this.close();
  }

  /** Cuts everything, now. */
  close(): void {
    for (const server of this.servers) server.close();
    for (const connection of this.connections) connection.abort();
    this.pool.close();
    this.deadlines.close();
  }

  private makeContext(): ConnectionContext {
    const { settings, parts } = this;
    const find = (hostname: string) => this.routes.find(hostname);
    return {
      router: new Router(parts.sharedLimits),
      pool: this.pool,
      waitingRoom: new WaitingRoom(MAX_WAITING_PER_APP),
      find,
      deadlines: this.deadlines,
      limits: settings.limits,
      region: settings.region,
      sampling: settings.sampling,
      observer: parts.observer,
      isDraining: () => this.isDraining,
      rules: {
        find,
        publicHttpsPort: () => this.publicPorts.https,
      },
    };
  }

  private makeTcpServer(): Server {
    return createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.accept(socket, 'http', undefined),
    );
  }

  /** Node doesn't tell the name that a resumed TLS 1.2 session asks for: it is read before TLS sees the connection. */
  private makeTlsServer(): Server {
    const tls = this.makeTls();
    return createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      awaitClientHello(socket, TLS_HANDSHAKE_MS, (serverName) => {
        const peer = peerOf(socket);
        if (serverName !== undefined) this.askedNames.set(peer, serverName);
        socket.once('close', () => this.askedNames.delete(peer));
        tls.emit('connection', socket);
      }),
    );
  }

  private makeTls(): Server {
    const server = createTlsServer(
      {
        allowHalfOpen: true,
        noDelay: true,
        minVersion: 'TLSv1.2',
        ALPNProtocols: ['http/1.1'],
        handshakeTimeout: TLS_HANDSHAKE_MS,
        ticketKeys: Buffer.from(this.settings.ticketKeys),
        SNICallback: (servername, done) => this.chooseContext(servername, done),
      },
      (socket) => this.accept(socket, 'https', this.findTlsApp(socket)),
    );
    server.on('tlsClientError', (_error, socket) => {
      this.parts.observer.refused('tls_handshake');
      socket.destroy();
    });
    return server;
  }

  /** A name that no app answers to gets no certificate, so that nobody learns what is here. */
  private chooseContext(
    servername: string,
    done: (error: Error | null, context?: ReturnType<typeof import('node:tls').createSecureContext>) => void,
  ): void {
    const hostname = hostnameOf(servername);
    if (hostname === undefined || !this.routes.find(hostname)?.https)
      return done(new Error('no app answers to this name'));
    this.contexts.contextFor(hostname, Date.now()).then(
      (context) => (context ? done(null, context) : done(new Error('no certificate for this name'))),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
    );
  }

  private findTlsApp(socket: TLSSocket): string | undefined {
    const { servername } = socket as { servername?: unknown };
    const name = typeof servername === 'string' ? servername : this.askedNames.get(peerOf(socket));
    const hostname = name === undefined ? undefined : hostnameOf(name);
    return hostname === undefined ? undefined : this.routes.find(hostname)?.app;
  }

  private accept(socket: Socket, entry: Entry, tlsApp: string | undefined): void {
    const address = socket.remoteAddress;
    if (address === undefined || (entry === 'https' && tlsApp === undefined)) return void socket.destroy();
    const facts: ConnectionFacts = {
      entry,
      publicPort: this.publicPorts[entry],
      peerAddress: withoutMapping(address),
      isPeerTrusted: this.trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'),
      tlsApp,
    };
    const connection = new ClientConnection(socket, facts, this.connectionContext, (closed) =>
      this.forget(closed),
    );
    this.connections.add(connection);
    if (this.isDraining) connection.drain(DRAIN_GRACE_MS);
  }

  private forget(connection: ClientConnection): void {
    this.connections.delete(connection);
    if (this.connections.size === 0) this.onQuiet?.();
  }

  private open(server: Server, host: string, port: number): Promise<number> {
    this.servers.push(server);
    server.maxConnections = MAX_CONNECTIONS;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, reusePort: true, backlog: 4096 }, () => {
        server.off('error', reject);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  private sweepPool(): void {
    const deadline = this.deadlines.create(() => {
      this.pool.sweep(performance.now());
      deadline.set(UPSTREAM_IDLE_MS);
    });
    deadline.set(UPSTREAM_IDLE_MS);
  }
}

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

function trustedProxies(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** `::ffff:192.0.2.1` as `192.0.2.1`. */
const withoutMapping = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;

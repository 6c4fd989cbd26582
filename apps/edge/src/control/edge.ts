import { randomBytes } from 'node:crypto';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { BaseEnvironment } from '@bulkhead/platform/config';
import type { Logger } from '@bulkhead/platform/logging';
import type { EdgeEnvironment } from '../config.js';
import { allocateLimits, SharedLimits, type SharedLimitsMemory } from '../limits/shared-limits.js';
import { SlotAllocator } from '../limits/slot-allocator.js';
import { formatSamples, mergeSamples } from '../metrics/samples.js';
import { EDGE_METRICS } from '../metrics/thread-observer.js';
import { RouteBook, type RouteChange } from '../routing/route-book.js';
import type { Entry } from '../routing/routes.js';
import type { DataPlaneSettings } from '../server/data-plane.js';
import { DEFAULT_TIME_LIMITS } from '../server/settings.js';
import { SpanExporter } from '../spans/span-exporter.js';
import { DevelopmentCa } from '../tls/development-ca.js';
import type { InternalIdentity } from '../upstream/worker-dialer.js';
import { DataPlaneThreads } from './data-plane-threads.js';
import { RouteCopy } from './route-copy.js';
import { ROUTE_SOURCE, type RouteSource } from './route-source.js';

export const SETTINGS = Symbol('EdgeSettings');
export const LOGGER = Symbol('Logger');

export type EdgeSettings = EdgeEnvironment & BaseEnvironment;

/** Backends that can be counted at a time; 4 bytes per thread each. */
const SLOTS = 65_536;
const CONNECT_TIMEOUT_MS = 5_000;

/** The control side of an edge: follows the routes, keeps a copy of them, and tells the threads. */
@Injectable()
export class Edge implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly memory: SharedLimitsMemory;
  private readonly slots: SlotAllocator;
  private readonly book: RouteBook;
  private readonly copy: RouteCopy;
  private readonly spans: SpanExporter | undefined;
  private threads: DataPlaneThreads | undefined;

  constructor(
    @Inject(SETTINGS) private readonly settings: EdgeSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ROUTE_SOURCE) private readonly source: RouteSource,
  ) {
    this.memory = allocateLimits(SLOTS, settings.BULKHEAD_EDGE_THREADS);
    const limits = new SharedLimits(this.memory, 0);
    this.slots = new SlotAllocator(SLOTS, (slot) => limits.load(slot));
    this.book = new RouteBook(
      { ownHost: settings.BULKHEAD_EDGE_HOST, slotOf: (key) => this.slots.slotOf(key) },
      Date.now,
    );
    const collector = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
    this.spans = collector === undefined ? undefined : new SpanExporter(collector, logger);
    this.copy = new RouteCopy(settings.BULKHEAD_SERVICE_DIR, () => this.book.rows(), logger);
  }

  async onApplicationBootstrap(): Promise<void> {
    this.book.apply({ kind: 'snapshot', rows: await this.copy.load() });
    const { settings } = this;
    const threads = new DataPlaneThreads({
      threads: settings.BULKHEAD_EDGE_THREADS,
      memory: this.memory,
      settings: dataPlaneSettings(settings),
      certificates: await DevelopmentCa.open(settings.BULKHEAD_SERVICE_DIR, settings.BULKHEAD_EDGE_DOMAIN),
      routes: () => this.book.all(),
      takeSpans: (spans) => this.spans?.add(spans),
      logLevel: settings.BULKHEAD_LOG_LEVEL,
      logger: this.logger,
    });
    this.threads = threads;
    this.sayListening(await threads.start());
    await this.source.start((change) => this.follow(change));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.source.stop();
    await this.threads?.drain(this.settings.BULKHEAD_EDGE_DRAIN_SECONDS * 1000);
    await this.spans?.stop();
    await this.copy.flush();
  }

  /** What the edge proves itself with to workers of other hosts; to be called again at each renewal. */
  useIdentity(identity: InternalIdentity): void {
    this.threads?.updateIdentity(identity);
  }

  /** All threads' metrics in Prometheus' text format. */
  async metricsText(): Promise<string> {
    if (!this.threads) return '';
    const own = new Map([['bulkhead_edge_spans_dropped_total', this.spans?.dropped ?? 0]]);
    return formatSamples(EDGE_METRICS, mergeSamples([await this.threads.samples(), own]));
  }

  private follow(change: RouteChange): void {
    const updates = this.book.apply(change);
    this.slots.retain(this.book.backendKeys());
    this.threads?.updateRoutes(updates);
    this.copy.schedule();
    this.logger.debug({ apps: updates.map(({ app }) => app) }, 'routes changed');
  }

  private sayListening(ports: Readonly<Record<Entry, number>>): void {
    const { BULKHEAD_EDGE_ADDRESS: address, BULKHEAD_EDGE_DOMAIN: domain } = this.settings;
    this.logger.info({ address, domain, ...ports }, 'listening');
  }
}

const dataPlaneSettings = (settings: EdgeSettings): DataPlaneSettings => ({
  address: settings.BULKHEAD_EDGE_ADDRESS,
  domain: settings.BULKHEAD_EDGE_DOMAIN,
  region: settings.BULKHEAD_EDGE_REGION,
  ports: { http: settings.BULKHEAD_EDGE_HTTP_PORT, https: settings.BULKHEAD_EDGE_HTTPS_PORT },
  publicPorts: {
    http: settings.BULKHEAD_EDGE_PUBLIC_HTTP_PORT,
    https: settings.BULKHEAD_EDGE_PUBLIC_HTTPS_PORT,
  },
  trustedProxies: settings.BULKHEAD_EDGE_TRUSTED_PROXIES,
  sampling:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
      ? undefined
      : { ratio: settings.BULKHEAD_EDGE_TRACE_RATIO },
  limits: DEFAULT_TIME_LIMITS,
  connectTimeoutMs: CONNECT_TIMEOUT_MS,
  ticketKeys: randomBytes(48),
});

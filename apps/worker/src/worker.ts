import { join } from 'node:path';
import { hostname } from 'node:os';
import { EDGE_FEED, type Heartbeat } from '@bulkhead/contracts';
import { hostId } from '@bulkhead/contracts/ids';
import type { HostId } from '@bulkhead/domain';
import { sourcePolicyOf } from '@bulkhead/images';
import { askFeed, FeedFollower, systemClock, systemRandom } from '@bulkhead/journal';
import type { Logger, Member } from '@bulkhead/platform';
import type { Sighting } from '@bulkhead/transparency';
import { ControlLoop } from './control-loop.js';
import { AdmittedEdges } from './forward/admitted-edges.js';
import { ForwardServer } from './forward/forward-server.js';
import { HeadWitness } from './heads/head-witness.js';
import { hostCapacity } from './host/capacity.js';
import { ImageStore } from './images/index.js';
import { vaultCredentials } from './images/vault-credentials.js';
import { busSink } from './logs/bus-sink.js';
import { LogShipper } from './logs/log-shipper.js';
import type { Fleet } from './machines/fleet.js';
import type { MachineRuntime, RuntimeObserver } from './runtime/runtime.js';
import type { WorkerEnvironment } from './settings.js';
import { WorkerStore } from './store/worker-store.js';

export interface WorkerOptions {
  readonly settings: WorkerEnvironment & { readonly BULKHEAD_SERVICE_DIR: string };
  readonly member: Member;
  readonly logger: Logger;
  /** The host's runtime; what happens to its machines goes to the observer. */
  readonly runtime: (observer: RuntimeObserver) => Promise<MachineRuntime>;
}

const VERSION = '0.1.0';
const MIB = 1024 * 1024;
const FLUSH_LOGS_MS = 1_000;

/** One host's worker: follows its feed, keeps its machines, reports what happened. */
export class Worker {
  readonly #closers: (() => Promise<void> | void)[] = [];
  #loop: ControlLoop | undefined;

  private constructor(private readonly options: WorkerOptions) {}

  static async start(options: WorkerOptions): Promise<Worker> {
    const worker = new Worker(options);
    await worker.#start();
    return worker;
  }

  /**
   * Ends every machine as its configuration says and takes no further wishes; what should run does not change, and the next worker on
   * this host starts it again. For whoever takes the whole host down; a restart of the worker alone is `stop`.
   */
  async endMachines(): Promise<void> {
    await this.#loop?.endMachines();
  }

  /** Machines run on; what they do meanwhile is found again. */
  async stop(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }

  async #start(): Promise<void> {
    const { settings, member, logger } = this.options;
    const directory = settings.BULKHEAD_SERVICE_DIR;
    const host = hostId.parse(member.identity.identity.name);
    const { sealKeyPair } = member.identity;
    if (!sealKeyPair) throw new Error('a worker has a sealing key');
    const store = new WorkerStore(join(directory, 'worker.db'));
    this.#closers.push(() => store.close());
    const images = await ImageStore.open({
      directory: join(directory, 'images'),
      maxBytes: settings.BULKHEAD_IMAGE_CACHE_MB * MIB,
      sources: sourcePolicyOf(settings),
    });
    const loop = await ControlLoop.start({
      host,
      keys: sealKeyPair,
      store,
      runtime: this.options.runtime,
      images,
      credentials: vaultCredentials(host, sealKeyPair, member.commands),
      logs: this.#logShipper(host),
      bus: member.bus,
      commands: member.commands,
      clock: systemClock,
      random: systemRandom,
      logger,
    });
    this.#loop = loop;
    this.#closers.push(() => loop.stop());
    this.#beat(loop, await this.#forward(loop.fleet, store));
    this.#witness(join(directory, 'audit-heads.jsonl'));
  }

  #logShipper(host: HostId): LogShipper {
    const { connection, bus } = this.options.member;
    const logs = new LogShipper(host, busSink(connection, bus));
    const timer = setInterval(() => logs.flush(), FLUSH_LOGS_MS);
    this.#closers.push(() => clearInterval(timer));
    return logs;
  }

  async #forward(fleet: Fleet, store: WorkerStore): Promise<Heartbeat['forward']> {
    const { settings, member, logger } = this.options;
    const { BULKHEAD_FORWARD_ADDRESS: address, BULKHEAD_FORWARD_PORT: port } = settings;
    if (port === undefined) return null;
    const edges = new AdmittedEdges(store, (edge) => server.dismiss(edge));
    const server = new ForwardServer({
      address,
      port,
      credentials: () => ({ ...member.identity.tls }),
      admits: (edge) => edges.has(edge),
      find: (request) => fleet.forwardTarget(request),
      warn: (problem) => logger.warn(problem),
    });
    const stopRefreshing = member.identity.onRenew(() => server.refresh());
    this.#closers.push(() => {
      stopRefreshing();
      return server.close();
    });
    this.#followEdges(edges);
    return { host: address, port: await server.listen() };
  }

  #followEdges(copy: AdmittedEdges): void {
    const { member, logger } = this.options;
    const over = new AbortController();
    const following = new FeedFollower({
      name: EDGE_FEED,
      bus: member.bus,
      ask: askFeed(member.commands, 'scheduler'),
      copy,
      report: (error) => logger.warn({ err: error }, 'the feed of edges is behind'),
    }).run(over.signal);
    this.#closers.push(() => {
      over.abort();
      return following;
    });
  }

  #beat(loop: ControlLoop, forward: Heartbeat['forward']): void {
    const { settings, member } = this.options;
    const policy = {
      cpuOvercommit: settings.BULKHEAD_CPU_OVERCOMMIT,
      reservedMemoryMb: settings.BULKHEAD_RESERVED_MEMORY_MB,
      directory: settings.BULKHEAD_SERVICE_DIR,
    };
    const { accel, suspend, network, isolated, missing } = loop.runtime.abilities;
    loop.beat(async () => ({
      capacity: await hostCapacity(policy),
      labels: settings.BULKHEAD_LABELS,
      region: settings.BULKHEAD_REGION,
      name: settings.BULKHEAD_HOST_NAME ?? hostname().slice(0, 63),
      version: VERSION,
      abilities: {
        accel,
        network,
        suspend: String(suspend),
        isolated: String(isolated),
        missing: missing.join('; '),
      },
      sealingKey: Buffer.from(member.identity.sealKeyPair?.publicKey ?? []).toString('base64'),
      forward,
    }));
  }

  #witness(path: string): void {
    const { member, logger } = this.options;
    const say = (sighting: Sighting) => {
      if (sighting.seen === 'contradiction') logger.error(sighting, 'THE AUDIT LOG CONTRADICTS ITSELF');
    };
    const witness = new HeadWitness(path, member.commands, say, (error) =>
      logger.debug({ err: error }, 'no head of the audit log'),
    );
    witness.start();
    this.#closers.push(() => witness.stop());
  }
}

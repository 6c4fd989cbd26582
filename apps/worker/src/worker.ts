import { join } from 'node:path';
import { hostname } from 'node:os';
import { hostFeed, hostRowContext, type Heartbeat, type HostMachineRow } from '@bulkhead/contracts';
import { hostId } from '@bulkhead/contracts/ids';
import { storedMachineConfig } from '@bulkhead/contracts/machine-config';
import type { HostId, Timestamp } from '@bulkhead/domain';
import { sourcePolicyOf } from '@bulkhead/images';
import { askFeed, FeedFollower } from '@bulkhead/journal';
import { unseal, type SealKeyPair } from '@bulkhead/pki';
import type { Logger, Member } from '@bulkhead/platform';
import { z } from 'zod';
import { HostCommands } from './commands/host-commands.js';
import { ForwardServer } from './forward/forward-server.js';
import { HeadWitness, type Sighting } from './heads/head-witness.js';
import { hostCapacity } from './host/capacity.js';
import { HeartbeatSender } from './host/heartbeat.js';
import { ImageStore } from './images/index.js';
import { vaultCredentials } from './images/vault-credentials.js';
import { busSink } from './logs/bus-sink.js';
import { LogShipper } from './logs/log-shipper.js';
import { Fleet } from './machines/fleet.js';
import type { OpenedRow } from './machines/guest-spec.js';
import { ReportSender } from './reports/report-sender.js';
import type { MachineRuntime, RuntimeObserver } from './runtime/runtime.js';
import type { WorkerEnvironment } from './settings.js';
import { HostFeedCopy } from './store/feed-copy.js';
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
  readonly #stopping = new AbortController();
  readonly #closers: (() => Promise<void> | void)[] = [];

  private constructor(private readonly options: WorkerOptions) {}

  static async start(options: WorkerOptions): Promise<Worker> {
    const worker = new Worker(options);
    await worker.#start();
    return worker;
  }

  /** Machines run on; what they do meanwhile is found again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const close of this.#closers.reverse()) await close();
  }

  async #start(): Promise<void> {
    const { settings, member, logger } = this.options;
    const directory = settings.BULKHEAD_SERVICE_DIR;
    const host = hostId.parse(member.identity.identity.name);
    const store = new WorkerStore(join(directory, 'worker.db'));
    this.#closers.push(() => store.close());
    const warn = (problem: string) => logger.warn(problem);

    const reports = new ReportSender(host, store, member.commands, warn);
    const images = await ImageStore.open({
      directory: join(directory, 'images'),
      maxBytes: settings.BULKHEAD_IMAGE_CACHE_MB * MIB,
      sources: sourcePolicyOf(settings),
    });
    const logs = this.#logShipper(host);
    const late = new LateObserver();
    const runtime = await this.options.runtime(late);
    const fleet = new Fleet(
      {
        runtime,
        images,
        credentials: vaultCredentials(host, member.identity.sealKeyPair, member.commands),
        store,
        open: opener(host, member.identity.sealKeyPair),
        now: () => new Date(),
        say: (machine, text, details) => logger.info({ machine, ...details }, text),
      },
      store,
      logs,
      () => reports.wake(),
    );
    late.observer = fleet;
    this.#closers.push(async () => {
      await fleet.close();
      await runtime.close();
    });
    logger.info({ abilities: runtime.abilities }, 'machines can run');
    await fleet.begin();
    const sayEverything = () => {
      store.report(new Date().toISOString() as Timestamp, fleet.wholeState());
      reports.wake();
    };
    sayEverything();
    reports.start();
    this.#closers.push(() => reports.stop());
    this.#follow(host, store, fleet);
    this.#answer(host, fleet);
    const forward = await this.#forward(fleet);
    this.#beat(runtime, forward, sayEverything);
    this.#witness(join(directory, 'audit-heads.jsonl'));
  }

  #logShipper(host: HostId): LogShipper {
    const { connection, bus } = this.options.member;
    const logs = new LogShipper(host, busSink(connection, bus));
    const timer = setInterval(() => logs.flush(), FLUSH_LOGS_MS);
    this.#closers.push(() => clearInterval(timer));
    return logs;
  }

  #follow(host: HostId, store: WorkerStore, fleet: Fleet): void {
    const { bus, commands } = this.options.member;
    const follower = new FeedFollower({
      name: hostFeed(host),
      bus,
      ask: askFeed(commands, 'scheduler'),
      copy: new HostFeedCopy(store, (machine, row: HostMachineRow | null) => fleet.want(machine, row)),
      report: (error) => this.options.logger.warn({ err: error }, 'the host feed is behind'),
    });
    const running = follower.run(this.#stopping.signal);
    this.#closers.push(() => running);
  }

  #answer(host: HostId, fleet: Fleet): void {
    const { bus, commands } = this.options.member;
    const find = fleet.find.bind(fleet);
    const answers = new HostCommands(host, bus, commands, find, (problem) =>
      this.options.logger.warn(problem),
    );
    answers.start();
    this.#closers.push(() => answers.stop());
  }

  async #forward(fleet: Fleet): Promise<Heartbeat['forward']> {
    const { settings, member, logger } = this.options;
    const { BULKHEAD_FORWARD_ADDRESS: address, BULKHEAD_FORWARD_PORT: port } = settings;
    if (port === undefined) return null;
    const server = new ForwardServer({
      address,
      port,
      credentials: () => ({ ...member.identity.tls }),
      find: (request) => fleet.forwardTarget(request),
      warn: (problem) => logger.warn(problem),
    });
    const stopRefreshing = member.identity.onRenew(() => server.refresh());
    this.#closers.push(() => {
      stopRefreshing();
      return server.close();
    });
    return { host: address, port: await server.listen() };
  }

  #beat(runtime: MachineRuntime, forward: Heartbeat['forward'], returned: () => void): void {
    const { settings, member, logger } = this.options;
    const policy = {
      cpuOvercommit: settings.BULKHEAD_CPU_OVERCOMMIT,
      reservedMemoryMb: settings.BULKHEAD_RESERVED_MEMORY_MB,
      directory: settings.BULKHEAD_SERVICE_DIR,
    };
    const { accel, suspend, network, isolated, missing } = runtime.abilities;
    const current = async (): Promise<Heartbeat> => ({
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
    });
    const heart = new HeartbeatSender(member.commands, current, (problem) => logger.warn(problem), returned);
    heart.start();
    this.#closers.push(() => heart.stop());
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

/** Stands in for the fleet until it is there: the runtime tells of nothing before it is attached. */
class LateObserver implements RuntimeObserver {
  observer: RuntimeObserver | undefined;
  readonly log: RuntimeObserver['log'] = (vm, lines) => this.#ready().log(vm, lines);
  readonly exited: RuntimeObserver['exited'] = (vm, exit) => this.#ready().exited(vm, exit);

  #ready(): RuntimeObserver {
    if (!this.observer) throw new Error('a machine was heard of before the fleet was there');
    return this.observer;
  }
}

const openedRow: z.ZodType<OpenedRow> = z.strictObject({ config: storedMachineConfig, address: z.ipv6() });

/** Opens rows that the scheduler sealed to this host's key, remembering the last of each machine. */
function opener(host: HostId, keys: SealKeyPair | undefined): (row: HostMachineRow) => OpenedRow {
  if (!keys) throw new Error('a worker has a sealing key');
  const remembered = new Map<string, { sealed: string; opened: OpenedRow }>();
  return ({ machine, sealed }) => {
    const known = remembered.get(machine);
    if (known?.sealed === sealed) return known.opened;
    const bytes = unseal(keys, Buffer.from(sealed, 'base64'), hostRowContext(host, machine));
    const opened = openedRow.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    remembered.set(machine, { sealed, opened });
    return opened;
  };
}

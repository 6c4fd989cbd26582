import {
  hostFeed,
  hostRowContext,
  toTimestamp,
  type Heartbeat,
  type HostMachineRow,
} from '@bulkhead/contracts';
import { storedMachineConfig } from '@bulkhead/contracts/machine-config';
import type { HostId } from '@bulkhead/domain';
import { askFeed, FeedFollower, type Bus, type Clock, type CommandBus, type Random } from '@bulkhead/journal';
import { unseal, type SealKeyPair } from '@bulkhead/pki';
import type { Logger } from '@bulkhead/platform';
import { z } from 'zod';
import { HostCommands } from './commands/host-commands.js';
import { HeartbeatSender } from './host/heartbeat.js';
import type { PullCredentials } from './images/vault-credentials.js';
import { Fleet, type FleetLogs } from './machines/fleet.js';
import type { OpenedRow } from './machines/guest-spec.js';
import type { Surroundings } from './machines/machine-keeper.js';
import { ReportSender } from './reports/report-sender.js';
import type { MachineRuntime, RuntimeObserver } from './runtime/runtime.js';
import { HostFeedCopy } from './store/feed-copy.js';
import type { WorkerStore } from './store/worker-store.js';

/** What one host's control loop stands on. */
export interface ControlLoopOptions {
  readonly host: HostId;
  /** What the host's feed is sealed to. */
  readonly keys: SealKeyPair;
  readonly store: WorkerStore;
  /** The host's runtime; what happens to its machines goes to the observer. */
  readonly runtime: (observer: RuntimeObserver) => Promise<MachineRuntime>;
  readonly images: Surroundings['images'];
  readonly credentials: PullCredentials;
  readonly logs: FleetLogs;
  readonly bus: Bus;
  readonly commands: CommandBus;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** From the host's feed to its machines, and from what happens to them to reports: everything a worker decides by. */
export class ControlLoop {
  readonly #over = new AbortController();
  readonly #closers: (() => Promise<void> | void)[] = [];

  private constructor(
    private readonly options: ControlLoopOptions,
    readonly fleet: Fleet,
    readonly runtime: MachineRuntime,
    private readonly reports: ReportSender,
  ) {}

  /** Takes up what lives on this host, says what that is, and follows what is wanted from then on. */
  static async start(options: ControlLoopOptions): Promise<ControlLoop> {
    const { host, keys, store, images, credentials, logs, commands, clock, logger } = options;
    const reports = new ReportSender(host, store, commands, clock, (problem) => logger.warn(problem));
    const late = new LateObserver();
    const runtime = await options.runtime(late);
    const around = {
      runtime,
      images,
      credentials,
      store,
      open: opener(host, keys),
      clock,
      say: (machine: string, text: string, details?: Record<string, unknown>) =>
        logger.info({ machine, ...details }, text),
    };
    const fleet = new Fleet(around, store, logs, () => reports.wake());
    late.observer = fleet;
    logger.info({ abilities: runtime.abilities }, 'machines can run');
    await fleet.begin();
    const loop = new ControlLoop(options, fleet, runtime, reports);
    loop.#run();
    return loop;
  }

  /** Tells the scheduler every second that this host lives. */
  beat(current: () => Promise<Heartbeat>): void {
    const { commands, clock, random, logger } = this.options;
    const returned = () => this.#sayEverything();
    const warn = (problem: string) => logger.warn(problem);
    const heart = new HeartbeatSender(commands, current, clock, random, warn, returned);
    heart.start();
    this.#closers.push(() => heart.stop());
  }

  /** Ends every machine by its stop signal, and hears no further wishes; each starts again with the next loop over this store. */
  async endMachines(): Promise<void> {
    this.#over.abort();
    await this.fleet.leave();
  }

  /** Machines run on; what they do meanwhile is found again. */
  async stop(): Promise<void> {
    this.#over.abort();
    for (const close of this.#closers.reverse()) await close();
  }

  #run(): void {
    this.#closers.push(async () => {
      await this.fleet.close();
      await this.runtime.close();
    });
    this.#sayEverything();
    this.reports.start();
    this.#closers.push(() => this.reports.stop());
    this.#follow();
    this.#answer();
  }

  #sayEverything(): void {
    const { store, clock } = this.options;
    store.report(toTimestamp(clock.now()), this.fleet.wholeState());
    this.reports.wake();
  }

  #follow(): void {
    const { host, store, bus, commands, clock, random, logger } = this.options;
    const want = (machine: HostMachineRow['machine'], row: HostMachineRow | null) =>
      this.fleet.want(machine, row);
    const follower = new FeedFollower({
      name: hostFeed(host),
      bus,
      ask: askFeed(commands, 'scheduler', random),
      copy: new HostFeedCopy(store, want),
      clock,
      report: (error) => logger.warn({ err: error }, 'the host feed is behind'),
    });
    const running = follower.run(this.#over.signal);
    this.#closers.push(() => running);
  }

  #answer(): void {
    const { host, bus, commands, logger } = this.options;
    const find = this.fleet.find.bind(this.fleet);
    const answers = new HostCommands(host, bus, commands, find, (problem) => logger.warn(problem));
    answers.start();
    this.#closers.push(() => answers.stop());
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

const openedRow: z.ZodType<OpenedRow> = z.object({ config: storedMachineConfig, address: z.ipv6() });

/** Opens rows that the scheduler sealed to this host's key, remembering the last of each machine. */
function opener(host: HostId, keys: SealKeyPair): (row: HostMachineRow) => OpenedRow {
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

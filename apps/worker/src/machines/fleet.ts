import { metrics, type ObservableResult } from '@opentelemetry/api';
import { TerminalError, type HostMachineRow, type ReportFact } from '@bulkhead/contracts';
import type { ForwardAnswer, ForwardRequest } from '@bulkhead/contracts/forward';
import type { Generation, MachineId } from '@bulkhead/domain';
import { CheckRunner } from '../checks/check-runner.js';
import { checksOf } from '../checks/check-spec.js';
import type { ForwardTarget } from '../forward/forward-server.js';
import type { LogShipper } from '../logs/log-shipper.js';
import type { LogLine, RuntimeObserver, Vm, VmExit, VmIdentity } from '../runtime/runtime.js';
import type { WorkerStore } from '../store/worker-store.js';
import { compareGenerations, type LocalMachine } from './local-machine.js';
import { MachineKeeper, type Surroundings } from './machine-keeper.js';

/** Where machines' output goes. */
export type FleetLogs = Pick<LogShipper, 'ship' | 'notice' | 'forget'>;

/** All machines of one host: who keeps each, and what the rest of the worker asks about them. */
export class Fleet implements RuntimeObserver {
  readonly #keepers = new Map<MachineId, MachineKeeper>();
  readonly #phases = metrics.getMeter('bulkhead').createObservableGauge('bulkhead_worker_machines', {
    description: 'Machines on this host, by what they are at.',
  });
  readonly #checks = new Map<MachineId, { readonly since: number; readonly runner: CheckRunner }>();

  constructor(
    private readonly around: Omit<Surroundings, 'changed' | 'tell'>,
    private readonly store: WorkerStore,
    private readonly logs: FleetLogs,
    /** Reports may lie in the outbox. */
    private readonly reported: () => void,
  ) {}

  /** Takes up what is on this host, from disk and from the VMs that live on, then follows what is wanted. */
  async begin(): Promise<void> {
    this.#phases.addCallback(this.#count);
    for (const local of this.store.machines()) this.#keeperOf(local.machine, local);
    const running = new Map((await this.around.runtime.attach()).map((vm) => [vm.machine, vm]));
    for (const [machine, vm] of running) this.#keeperOf(machine).adopt(vm);
    const desired = this.store.desired();
    for (const [machine, keeper] of this.#keepers) if (!running.has(machine)) keeper.foundNothing();
    for (const machine of new Set([...this.#keepers.keys(), ...desired.keys()]))
      this.want(machine, desired.get(machine) ?? null);
    for (const machine of this.#keepers.keys()) this.#attend(machine);
  }

  want(machine: MachineId, row: HostMachineRow | null): void {
    if (row || this.#keepers.has(machine)) this.#keeperOf(machine).want(row);
  }

  /** The VM of a machine where exactly this generation of it runs here. */
  find(machine: MachineId, generation: Generation): Vm {
    const keeper = this.#keepers.get(machine);
    const local = keeper?.local;
    if (!keeper?.vm || local?.phase !== 'running')
      throw new TerminalError('machine_not_running', `machine ${machine} is not running`, { status: 412 });
    if (compareGenerations(local.generation, generation) !== 0)
      throw new TerminalError('wrong_generation', `another placement of machine ${machine} runs here`, {
        status: 412,
      });
    return keeper.vm;
  }

  /** Where a connection from an edge on another host is to go. */
  forwardTarget({ machine, generation, port }: ForwardRequest): ForwardTarget | Exclude<ForwardAnswer, 'ok'> {
    const keeper = this.#keepers.get(machine);
    const local = keeper?.local;
    const opened = keeper?.opened();
    if (!keeper || !opened || local?.phase !== 'running') return 'unknown_machine';
    if (compareGenerations(local.generation, generation) !== 0) return 'wrong_generation';
    const exposed = (opened.config.services ?? []).some(
      (service) => service.protocol === 'tcp' && service.internal_port === port,
    );
    if (!exposed) return 'port_not_exposed';
    if (local.reach.kind === 'direct') return { host: opened.address, port };
    const forward = local.reach.ports[port];
    return forward === undefined ? 'unreachable' : { host: '127.0.0.1', port: forward };
  }

  /** Everything here, for a report of the whole state. */
  wholeState(): Extract<ReportFact, { kind: 'whole-state' }> {
    const machines = [...this.#keepers.values()].flatMap(({ local }) => (local ? [stateOf(local)] : []));
    return { kind: 'whole-state', machines };
  }

  async log(vm: VmIdentity, lines: LogLine[]): Promise<void> {
    const row = this.#keepers.get(vm.machine)?.desired;
    if (row) await this.logs.ship(row, lines);
  }

  async exited(vm: VmIdentity, exit: VmExit): Promise<void> {
    this.#keeperOf(vm.machine).exited(exit);
    return Promise.resolve();
  }

  /** Ends every machine by its stop signal, all at once; each starts again with the next process that keeps it. */
  async leave(): Promise<void> {
    await Promise.all([...this.#keepers.values()].map((keeper) => keeper.leave()));
  }

  async close(): Promise<void> {
    this.#phases.removeCallback(this.#count);
    for (const { runner } of this.#checks.values()) runner.stop();
    await Promise.all([...this.#keepers.values()].map((keeper) => keeper.close()));
  }

  readonly #count = (result: ObservableResult): void => {
    const byPhase = Map.groupBy(this.#keepers.values(), ({ local }) => local?.phase ?? 'unknown');
    for (const [phase, keepers] of byPhase) result.observe(keepers.length, { phase });
  };

  #keeperOf(machine: MachineId, local: LocalMachine | null = null): MachineKeeper {
    const known = this.#keepers.get(machine);
    if (known) return known;
    const keeper = new MachineKeeper(machine, local, {
      ...this.around,
      changed: () => this.#changed(machine),
      tell: (row, text) => this.logs.notice(row, text),
    });
    this.#keepers.set(machine, keeper);
    return keeper;
  }

  #changed(machine: MachineId): void {
    this.#attend(machine);
    const keeper = this.#keepers.get(machine);
    if (keeper && !keeper.local && !keeper.desired) {
      this.#keepers.delete(machine);
      this.logs.forget(machine);
    }
    this.reported();
  }

  /** Checks run exactly while the machine does. */
  #attend(machine: MachineId): void {
    const keeper = this.#keepers.get(machine);
    const local = keeper?.local;
    const since = local?.phase === 'running' ? local.startedAtMs : undefined;
    const attended = this.#checks.get(machine);
    if (attended && attended.since !== since) {
      attended.runner.stop();
      this.#checks.delete(machine);
    }
    const opened = keeper?.opened();
    if (!keeper || local?.phase !== 'running' || !opened || this.#checks.has(machine)) return;
    const target = { reach: local.reach, address: opened.address, startedAt: new Date(local.startedAtMs) };
    const { startedAtMs, checks } = local;
    const runner = new CheckRunner(checksOf(opened.config), target, checks, (changed) =>
      keeper.checked(startedAtMs, changed),
    );
    this.#checks.set(machine, { since: local.startedAtMs, runner });
    runner.start();
  }
}

function stateOf(local: LocalMachine) {
  const { machine, generation, instance, wish } = local;
  const answer = { machine, generation, instance, wish };
  switch (local.phase) {
    case 'running':
      return {
        ...answer,
        state: 'started' as const,
        reach: local.reach,
        imageDigest: local.imageDigest,
      };
    case 'starting':
    case 'backing-off':
      return { ...answer, state: 'starting' as const };
    case 'stopped':
    case 'suspended':
    case 'failed':
      return { ...answer, state: local.phase };
  }
}

import { followTrace, inSpan, type Clock } from '@bulkhead/journal';
import { SpanKind } from '@opentelemetry/api';
import { isBulkheadError, type HostMachineRow, type ReportFact } from '@bulkhead/contracts';
import type { CheckStatus, MachineId, Timestamp } from '@bulkhead/domain';
import type { ImageStore, LocalImage } from '../images/index.js';
import type { MachineRuntime, Vm, VmExit } from '../runtime/runtime.js';
import type { WorkerStore } from '../store/worker-store.js';
import { alarm } from './alarm.js';
import { stopOptions, type OpenedRow } from './guest-spec.js';
import { answerOf, type Answer, type LocalMachine } from './local-machine.js';
import { nextStep, type Step } from './reconcile.js';
import { startVm, type StartedVm, type Starter } from './start-vm.js';
import { stopVm } from './stop-vm.js';
import { afterStartFailed, afterVmEnd } from './vm-end.js';

/** What a keeper does things with; the same for all machines of a host. */
export interface Surroundings extends Starter {
  readonly runtime: MachineRuntime;
  readonly images: Pick<ImageStore, 'ensure' | 'unpin'>;
  readonly store: WorkerStore;
  readonly clock: Clock;
  /** A machine's condition changed and is on disk, with its reports. */
  readonly changed: (machine: MachineId) => void;
  readonly say: (machine: MachineId, text: string, details?: Record<string, unknown>) => void;
  /** Puts a line of the platform's own among the machine's output, for whoever runs the app. */
  readonly tell: (row: HostMachineRow, text: string) => void;
}

/** Keeps one machine as it should be: asks what is next, does it, and asks again, one thing at a time. */
export class MachineKeeper {
  #desired: HostMachineRow | null = null;
  #local: LocalMachine | null;
  #vm: Vm | null = null;
  #image: LocalImage | null = null;
  #removalTold = '';
  #working: Promise<void> | null = null;
  #again = false;
  #alarm: AbortController | undefined;
  #closed = false;
  #leaving = false;
  /** By its stop signal, within its patience. */
  #isStopping = false;

  constructor(
    readonly machine: MachineId,
    local: LocalMachine | null,
    private readonly around: Surroundings,
  ) {
    this.#local = local;
  }

  get local(): LocalMachine | null {
    return this.#local;
  }

  get desired(): HostMachineRow | null {
    return this.#desired;
  }

  /** The running VM, for exec, signals and checks. */
  get vm(): Vm | null {
    return this.#vm;
  }

  /** Nothing is here and nothing is wanted. */
  get idle(): boolean {
    return !this.#desired && !this.#local && !this.#working;
  }

  /** What its row holds under the seal, or undefined where it has no row. */
  opened(): OpenedRow | undefined {
    return this.#desired ? this.around.open(this.#desired) : undefined;
  }

  /** A VM of an earlier process was found running. */
  adopt(vm: Vm): void {
    this.#vm = vm;
  }

  /** No VM was found after a start of the worker: one kept as running ended unseen, as in a reboot of the host. */
  foundNothing(): void {
    if (this.#local?.phase === 'running') this.#lostVm();
  }

  want(desired: HostMachineRow | null): void {
    this.#desired = desired;
    this.#hasten();
    this.look();
  }

  /** A VM that was given time to stop loses it once it has to be gone, as where its machine was placed again elsewhere. */
  #hasten(): void {
    if (!this.#isStopping || !this.#vm) return;
    const step = nextStep(this.#desired, this.#local, this.#nowMs());
    if (step.step !== 'stop' || !step.force) return;
    this.#vm
      .kill()
      .catch((error: unknown) =>
        this.around.say(this.machine, 'could not kill', { problem: problemOf(error).message }),
      );
  }

  /** Looks whether there is something to do; safe to call at any time. */
  look(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
      if (this.#again) this.look();
    });
  }

  /** Leaves everything as it is: VMs run on. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#alarm?.abort();
    await this.#working;
  }

  /**
   * Ends the VM by its stop signal and within its patience, although it should run: this host's machines end with their worker. It is
   * kept as one that starts, so that whoever keeps it next boots it again.
   */
  async leave(): Promise<void> {
    this.#leaving = true;
    await this.close();
    if (this.#vm) await this.#stop(false);
  }

  /** Health checks of the run that began at `startedAtMs` came out differently than before. */
  checked(startedAtMs: number, checks: readonly CheckStatus[]): void {
    const local = this.#local;
    if (local?.phase !== 'running' || local.startedAtMs !== startedAtMs) return;
    const statuses = checks.map((check) => ({ ...check, updated_at: check.updated_at as Timestamp }));
    this.#keep({ ...local, checks }, [{ kind: 'checks', ...answerOf(local), checks: statuses }]);
  }

  /** The runtime saw the VM end. Resolves when that is on disk. */
  exited(exit: VmExit): void {
    const local = this.#local;
    this.#vm = null;
    if (!local || (local.phase !== 'running' && local.phase !== 'starting')) return;
    this.around.say(this.machine, 'ended', {
      cause: exit.cause,
      exitCode: exit.exitCode,
      ...(local.trace === undefined ? {} : { trace: local.trace }),
    });
    const after = afterVmEnd(local, exit, {
      policy: this.#config()?.restart,
      replaced: this.#replaces(local),
      leaving: this.#leaving,
      nowMs: this.#nowMs(),
    });
    this.#keep(after.local, after.facts);
    this.look();
  }

  /** Whether what ended makes room for a newer wish to run. */
  #replaces(local: LocalMachine): boolean {
    const desired = this.#desired;
    return (
      desired?.desired === 'started' && (desired.wish > local.wish || desired.instance !== local.instance)
    );
  }

  async #work(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      const step = nextStep(this.#desired, this.#local, this.#nowMs());
      if (step.step !== 'nothing') await this.#follow(step);
    }
  }

  /** What is done belongs to the trace of the command that asked for it. */
  #follow(step: Exclude<Step, { step: 'nothing' }>): Promise<void> {
    if (step.step === 'wait') return this.#take(step);
    const headers = followTrace(this.#desired?.trace ?? this.#local?.trace);
    return inSpan(`machine ${step.step}`, SpanKind.CONSUMER, headers, () => this.#take(step));
  }

  async #take(step: Exclude<Step, { step: 'nothing' }>): Promise<void> {
    switch (step.step) {
      case 'wait':
        return this.#lookAt(step.untilMs);
      case 'start':
        return this.#start(step.restarts);
      case 'resume':
        return this.#resume();
      case 'suspend':
        return this.#suspend();
      case 'stop':
        return this.#stop(step.force);
      case 'answer':
        return this.#answer();
      case 'remove':
        return this.#remove();
    }
  }

  #lookAt(timeMs: number): void {
    this.#alarm?.abort();
    this.#alarm = alarm(this.around.clock, timeMs - this.#nowMs(), () => this.look());
  }

  async #start(restarts: number): Promise<void> {
    const desired = this.#desired;
    if (!desired) return;
    const answer = answerOf(desired);
    await this.#endStray();
    this.#keep({ ...answer, phase: 'starting', restarts }, []);
    try {
      this.#runs(await startVm('boot', desired, this.around), answer, restarts);
    } catch (error) {
      this.#startFailed(error);
    }
    this.#again = true;
  }

  async #resume(): Promise<void> {
    const desired = this.#desired;
    if (!desired) return;
    try {
      this.#runs(await startVm('resume', desired, this.around), answerOf(desired), 0);
    } catch (error) {
      const { code, message } = problemOf(error);
      this.around.say(this.machine, 'could not resume, starts cold', { code, problem: message });
      this.around.tell(desired, `could not resume from memory, starting anew: ${message}`);
      await this.#start(0);
    }
  }

  #runs({ vm, image }: StartedVm, answer: Answer, restarts: number): void {
    this.#vm = vm;
    this.#image = image;
    const reach = vm.reach.kind === 'direct' ? { kind: 'direct' as const } : vm.reach;
    const startedAtMs = vm.startedAt.getTime();
    this.#keep(
      {
        machine: this.machine,
        ...answer,
        phase: 'running',
        restarts,
        startedAtMs,
        reach,
        imageDigest: image.digest,
        ...(image.config.stopSignal === undefined ? {} : { stopSignal: image.config.stopSignal }),
        checks: [],
      },
      [{ kind: 'started', machine: this.machine, ...answer, reach, imageDigest: image.digest }],
    );
    this.around.say(this.machine, 'runs', { image: image.digest, restarts });
  }

  #startFailed(error: unknown): void {
    const problem = problemOf(error);
    this.around.say(this.machine, 'could not start', { code: problem.code, problem: problem.message });
    if (this.#local?.phase !== 'starting') return;
    const after = afterStartFailed(this.#local, problem, this.#nowMs());
    this.#keep(after.local, after.facts);
  }

  async #suspend(): Promise<void> {
    const [vm, desired] = [this.#vm, this.#desired];
    if (!vm || !desired) return this.#lostVm();
    const answer = answerOf(desired);
    try {
      await vm.suspend();
      this.#vm = null;
      this.#keep({ ...answer, phase: 'suspended' }, [{ kind: 'suspended', ...answer }]);
    } catch (error) {
      this.around.say(this.machine, 'could not suspend, stops instead', {
        problem: problemOf(error).message,
      });
      await this.#stop(false);
      this.#again = true;
    }
  }

  async #stop(force: boolean): Promise<void> {
    const vm = this.#vm;
    if (!vm) return this.#lostVm();
    if (force) await vm.kill();
    else {
      const imageSignal = this.#local?.phase === 'running' ? this.#local.stopSignal : undefined;
      const options = stopOptions(this.#desired, this.#config(), imageSignal);
      this.#isStopping = true;
      await stopVm(vm, options, this.around.clock, (text, error) =>
        this.around.say(this.machine, text, { problem: problemOf(error).message }),
      ).finally(() => (this.#isStopping = false));
    }
    await vm.ended;
    this.#again = true;
  }

  /** Kept as running, but there is no VM and nobody saw it end: the host was restarted. */
  #lostVm(): void {
    const now = this.around.clock.now();
    this.exited({
      cause: 'lost',
      exitCode: null,
      signal: null,
      oomKilled: false,
      requested: false,
      exitedAt: now,
      detail: 'the machine was gone when its worker came back',
    });
  }

  /** A VM that nobody keeps account of any more must not stand in the way. */
  async #endStray(): Promise<void> {
    const vm = this.#vm;
    if (!vm) return;
    await vm.kill();
    await vm.ended;
    this.#vm = null;
  }

  async #answer(): Promise<void> {
    const desired = this.#desired;
    if (!desired) return;
    const answer = answerOf(desired);
    if (desired.desired === 'suspended' && this.#local?.phase === 'suspended')
      return this.#keep({ ...answer, phase: 'suspended' }, [{ kind: 'suspended', ...answer }]);
    await this.around.runtime.discardSnapshot(this.machine);
    this.#keep({ ...answer, phase: 'stopped' }, [{ kind: 'stopped', ...answer }]);
  }

  async #remove(): Promise<void> {
    const desired = this.#desired;
    const told = desired ? `${desired.generation.epoch}.${desired.generation.count}.${desired.wish}` : '';
    if (!this.#local && told === this.#removalTold) return;
    await this.around.runtime.discardSnapshot(this.machine);
    if (this.#image) this.around.images.unpin(this.#image.digest, this.machine);
    this.#image = null;
    this.#removalTold = told;
    this.#keep(null, desired ? [{ kind: 'destroyed', ...answerOf(desired) }] : []);
  }

  #config() {
    return this.opened()?.config;
  }

  #keep(local: LocalMachine | null, facts: readonly ReportFact[]): void {
    this.around.store.record(this.machine, local, stamp(this.around.clock.now()), facts);
    this.#local = local;
    this.#again = true;
    this.around.changed(this.machine);
  }

  #nowMs(): number {
    return this.around.clock.now().getTime();
  }
}

const stamp = (date: Date) => date.toISOString() as Timestamp;

function problemOf(error: unknown): { code: string; message: string; retryable: boolean } {
  if (isBulkheadError(error)) return { code: error.code, message: error.message, retryable: error.retryable };
  return {
    code: 'internal',
    message: error instanceof Error ? error.message : String(error),
    retryable: true,
  };
}

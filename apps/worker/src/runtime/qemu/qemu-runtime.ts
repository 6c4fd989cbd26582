import { createHash, randomBytes } from 'node:crypto';
import { isBulkheadError, RetryableError, TerminalError } from '@bulkhead/contracts';
import type { MachineId } from '@bulkhead/domain';
import { inSpan } from '@bulkhead/journal';
import { SpanKind } from '@opentelemetry/api';
import type { BootSpec, MachineRuntime, RuntimeAbilities, RuntimeObserver, Vm } from '../runtime.js';
import type { BootFiles } from './boot-files.js';
import { guestNetwork } from './guest-network.js';
import type { Launch, VmLauncher } from './launcher.js';
import { QemuVm, type VmOwner } from './qemu-vm.js';
import { loadMemory, saveMemory, type SealedMemory } from './snapshot.js';
import type { SnapshotKeys } from './snapshot-keys.js';
import { type SnapshotRecord, type VmRecord, VmRecords } from './vm-records.js';

const SEED_BYTES = 64;

export interface QemuRuntimeOptions {
  /** One directory per machine below it; it outlives the process. */
  readonly directory: string;
  readonly launcher: VmLauncher;
  readonly bootFiles: BootFiles;
  readonly accel: 'kvm' | 'tcg';
  readonly observer: RuntimeObserver;
  /** Null on a host that has no place for them: its machines can't be suspended. */
  readonly snapshotKeys: SnapshotKeys | null;
  /** What the host can't do, besides what the launcher says. */
  readonly missing?: readonly string[];
  /** How long one attempt may take until the guest's init answers; a starved host needs more than one. */
  readonly bootDeadlineMs?: number;
  readonly bootAttempts?: number;
}

/** Runs machines as QEMU microvms. */
export class QemuRuntime implements MachineRuntime {
  readonly abilities: RuntimeAbilities;
  readonly #options: Required<QemuRuntimeOptions>;
  readonly #records: VmRecords;
  readonly #vms = new Map<MachineId, QemuVm>();
  readonly #owner: VmOwner;

  constructor(options: QemuRuntimeOptions) {
    this.#options = { bootDeadlineMs: 60_000, bootAttempts: 2, missing: [], ...options };
    const { launcher, accel, observer, directory } = this.#options;
    this.#records = new VmRecords(directory);
    this.abilities = {
      accel,
      suspend: this.#options.snapshotKeys !== null,
      network: launcher.network,
      isolated: launcher.isolated,
      missing: [...this.#options.missing, ...launcher.missing],
    };
    this.#owner = {
      observer,
      remove: (machine) => this.#remove(machine),
      writeSnapshot: (vm) => this.#writeSnapshot(vm),
    };
  }

  async boot(spec: BootSpec): Promise<Vm> {
    this.#requireFree(spec.machine);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#tryBoot(spec);
      } catch (error) {
        const mayRetry = isBulkheadError(error) && error.retryable && attempt < this.#options.bootAttempts;
        if (!mayRetry) throw error;
      }
    }
  }

  async resume(spec: BootSpec): Promise<Vm> {
    this.#requireFree(spec.machine);
    const { startedAt, memory } = await this.#snapshotFor(spec);
    return this.#launch(spec, { resume: true, startedAt }, async (vm) => {
      await part('memory', () => loadMemory(vm.monitor, vm.record.directory, memory));
      await this.discardSnapshot(spec.machine); // a moment is lived once
      await part('guest resumes', async () => {
        await vm.run();
        await vm.greet(this.#options.bootDeadlineMs);
        await vm.configure('clock', clockNow(), this.#options.bootDeadlineMs);
      });
    });
  }

  async suspended(): Promise<MachineId[]> {
    return (await this.#records.snapshots()).map(({ machine }) => machine);
  }

  /** The key goes first: without it the rest is noise. */
  async discardSnapshot(machine: MachineId): Promise<void> {
    await this.#options.snapshotKeys?.forget(machine);
    await this.#records.forgetSnapshot(machine);
  }

  async attach(): Promise<Vm[]> {
    await this.#forgetUnusedKeys();
    const records = await this.#records.list();
    const known = new Set(records.map(({ machine }) => machine));
    for (const machine of await this.#options.launcher.list()) {
      if (!known.has(machine)) await this.#options.launcher.remove(machine);
    }
    const attached = await Promise.all(records.map((record) => this.#attachOne(record)));
    return attached.filter((vm) => vm !== undefined);
  }

  async close(): Promise<void> {
    for (const vm of this.#vms.values()) vm.detach();
    this.#vms.clear();
  }

  #requireFree(machine: MachineId): void {
    if (this.#vms.has(machine)) {
      throw new TerminalError('machine_runs_already', `Machine ${machine} has a VM on this host.`, {
        status: 409,
      });
    }
  }

  async #tryBoot(spec: BootSpec): Promise<QemuVm> {
    const deadline = this.#options.bootDeadlineMs;
    return this.#launch(spec, { resume: false, startedAt: new Date() }, async (vm) => {
      await part('guest boots', async () => {
        await vm.run();
        await vm.greet(deadline);
      });
      const { files, ...rest } = spec.guest;
      const configuration = {
        ...rest,
        files: files.map((file) => ({ ...file, data: file.data.toString('base64') })),
        network: guestNetwork(vm.reach.kind, spec.address, spec.gateway),
        clock: clockNow(),
      };
      await part('guest configures', () => vm.configure('configure', configuration, deadline));
    });
  }

  /** Starts a VMM, brings its guest to life and follows it; a failure on the way removes everything. */
  async #launch(
    spec: BootSpec,
    { resume, startedAt }: { resume: boolean; startedAt: Date },
    enliven: (vm: QemuVm) => Promise<void>,
  ): Promise<QemuVm> {
    const { launcher } = this.#options;
    const { machine } = spec;
    try {
      const vm = await part('vmm', () => this.#startVmm(spec, { resume, startedAt }));
      this.#vms.set(machine, vm);
      await enliven(vm);
      vm.follow();
      return vm;
    } catch (error) {
      const complaint = await launcher.complaint(machine).catch(() => '');
      await this.#remove(machine);
      throw bootFailure(machine, error, complaint);
    }
  }

  /** A VMM with its devices and its network, its guest stopped. */
  async #startVmm(
    spec: BootSpec,
    { resume, startedAt }: { resume: boolean; startedAt: Date },
  ): Promise<QemuVm> {
    const { launcher } = this.#options;
    const { machine, instance } = spec;
    const { directory, reach } = await launcher.start(this.#launchOf(spec, resume));
    const fingerprint = this.#fingerprintOf(spec);
    const record = { machine, instance, reach, directory, startedAt, fingerprint };
    const [vm] = await Promise.all([QemuVm.connect(record, this.#owner), this.#records.save(record)]);
    await launcher.admit(machine);
    return vm;
  }

  #launchOf(spec: BootSpec, resume: boolean): Launch {
    return {
      machine: spec.machine,
      accel: this.#options.accel,
      cpus: spec.cpus,
      memoryMb: spec.memoryMb,
      rootfs: spec.rootfs,
      link: { address: spec.address, gateway: spec.gateway },
      servicePorts: spec.servicePorts,
      resume,
    };
  }

  async #attachOne(record: VmRecord): Promise<QemuVm | undefined> {
    try {
      const vm = await QemuVm.connect(record, this.#owner, 1_000);
      const wasPaused = await this.#wake(vm);
      if (!(await vm.greet(this.#options.bootDeadlineMs)))
        throw new Error('The VM never got its configuration.');
      if (wasPaused) await vm.configure('clock', clockNow(), this.#options.bootDeadlineMs);
      this.#vms.set(record.machine, vm);
      vm.follow();
      return vm;
    } catch (error) {
      await this.#options.observer.exited(record, {
        cause: 'lost',
        exitCode: null,
        signal: null,
        oomKilled: false,
        requested: false,
        exitedAt: new Date(),
        detail: `the VM did not outlive the worker: ${String(error)}`,
      });
      await this.#remove(record.machine);
      return undefined;
    }
  }

  /** A worker that died while it suspended a VM left it paused: it goes on, and what was saved of it is void. */
  async #wake(vm: QemuVm): Promise<boolean> {
    const status = await vm.status();
    switch (status) {
      case 'running':
        return false;
      case 'paused':
      case 'postmigrate':
        await this.discardSnapshot(vm.machine);
        await vm.run();
        return true;
      default:
        throw new Error(`The VM is in the state ${status}.`);
    }
  }

  async #remove(machine: MachineId): Promise<void> {
    await this.#options.launcher.remove(machine);
    await this.#records.forget(machine);
    this.#vms.delete(machine);
  }

  async #writeSnapshot(vm: QemuVm): Promise<void> {
    const { machine, instance, startedAt, fingerprint, directory } = vm.record;
    const { snapshotKeys } = this.#options;
    if (!snapshotKeys)
      throw new TerminalError('suspend_unavailable', 'This host can not keep memory sealed.');
    const snapshot = { machine, instance, startedAt, fingerprint };
    try {
      const memory = this.#memoryOf(snapshot, await snapshotKeys.create(machine));
      await saveMemory(vm.monitor, directory, memory);
      await this.#records.saveSnapshot(snapshot);
    } catch (error) {
      await this.discardSnapshot(machine);
      await vm.run();
      throw error;
    }
  }

  /** @throws TerminalError `no_snapshot`, `snapshot_unusable` */
  async #snapshotFor(spec: BootSpec): Promise<{ startedAt: Date; memory: SealedMemory }> {
    const { machine } = spec;
    const snapshot = (await this.#records.snapshots()).find((each) => each.machine === machine);
    if (snapshot === undefined || !(await this.#records.hasMemory(machine)))
      throw new TerminalError('no_snapshot', `Machine ${machine} has no snapshot on this host.`);
    if (snapshot.fingerprint !== this.#fingerprintOf(spec) || snapshot.instance !== spec.instance)
      throw unusable(machine, 'is of another configuration or runtime');
    const key = await this.#options.snapshotKeys?.find(machine);
    if (!key) throw unusable(machine, 'has lost its key, as by a restart of the host');
    return { startedAt: snapshot.startedAt, memory: this.#memoryOf(snapshot, key) };
  }

  #memoryOf({ machine, instance, fingerprint }: SnapshotRecord, key: Buffer): SealedMemory {
    const context = JSON.stringify(['machine memory', machine, instance, fingerprint]);
    return { path: this.#records.memoryPath(machine), key, context };
  }

  async #forgetUnusedKeys(): Promise<void> {
    const { snapshotKeys } = this.#options;
    const used = await this.suspended();
    for (const machine of (await snapshotKeys?.machines()) ?? [])
      if (!used.includes(machine)) await snapshotKeys?.forget(machine);
  }

  /** Memory continues only under the same kernel, init, image, size and address. */
  #fingerprintOf(spec: BootSpec): string {
    const { accel, bootFiles } = this.#options;
    const { rootfs, cpus, memoryMb, address } = spec;
    return createHash('sha256')
      .update(JSON.stringify([accel, bootFiles.digest, rootfs, cpus, memoryMb, address]))
      .digest('hex');
  }
}

/** A part of a start, as a span of its own. */
const part = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  inSpan(name, SpanKind.INTERNAL, {}, work);

const clockNow = () => ({ unixMs: Date.now(), seed: randomBytes(SEED_BYTES).toString('base64') });

const unusable = (machine: MachineId, why: string, cause?: unknown) =>
  new TerminalError('snapshot_unusable', `The snapshot of machine ${machine} ${why}.`, { cause });

function bootFailure(machine: MachineId, error: unknown, complaint: string): Error {
  if (isBulkheadError(error) && error.code === 'stream_altered')
    return unusable(machine, 'is not what was written', error);
  if (isBulkheadError(error) && complaint === '') return error;
  return new RetryableError('vmm_failed', `The VM of machine ${machine} did not start.`, 1000, {
    operator: `${String(error)}\n${complaint}`.trim(),
    cause: error,
  });
}

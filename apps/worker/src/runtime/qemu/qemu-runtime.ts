import { createHash, randomBytes } from 'node:crypto';
import { isBulkheadError, RetryableError, TerminalError } from '@bulkhead/contracts';
import type { MachineId } from '@bulkhead/domain';
import type { BootSpec, MachineRuntime, RuntimeAbilities, RuntimeObserver, Vm } from '../runtime.js';
import type { BootFiles } from './boot-files.js';
import { guestNetwork } from './guest-network.js';
import type { Launch, VmLauncher } from './launcher.js';
import { QemuVm, type VmOwner } from './qemu-vm.js';
import { loadMemory, saveMemory } from './snapshot.js';
import { type VmRecord, VmRecords } from './vm-records.js';

const SEED_BYTES = 64;

export interface QemuRuntimeOptions {
  /** One directory per machine below it; it outlives the process. */
  readonly directory: string;
  readonly launcher: VmLauncher;
  readonly bootFiles: BootFiles;
  readonly accel: 'kvm' | 'tcg';
  readonly observer: RuntimeObserver;
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
      suspend: true,
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
    const snapshot = (await this.#records.snapshots()).find(({ machine }) => machine === spec.machine);
    if (snapshot === undefined || !(await this.#records.hasMemory(spec.machine))) {
      throw new TerminalError('no_snapshot', `Machine ${spec.machine} has no snapshot on this host.`);
    }
    if (snapshot.fingerprint !== this.#fingerprintOf(spec) || snapshot.instance !== spec.instance) {
      throw new TerminalError(
        'snapshot_unusable',
        `The snapshot of machine ${spec.machine} is of another configuration or runtime.`,
      );
    }
    return this.#launch(spec, { resume: true, startedAt: snapshot.startedAt }, async (vm) => {
      await loadMemory(vm.monitor, vm.record.directory, this.#records.memoryPath(spec.machine));
      await this.#records.forgetSnapshot(spec.machine); // a moment is lived once
      await vm.run();
      await vm.greet(this.#options.bootDeadlineMs);
      await vm.configure('clock', clockNow(), this.#options.bootDeadlineMs);
    });
  }

  async suspended(): Promise<MachineId[]> {
    return (await this.#records.snapshots()).map(({ machine }) => machine);
  }

  async discardSnapshot(machine: MachineId): Promise<void> {
    await this.#records.forgetSnapshot(machine);
  }

  async attach(): Promise<Vm[]> {
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
      await vm.run();
      await vm.greet(deadline);
      const { files, ...rest } = spec.guest;
      await vm.configure(
        'configure',
        {
          ...rest,
          files: files.map((file) => ({ ...file, data: file.data.toString('base64') })),
          network: guestNetwork(vm.reach.kind, spec.address, spec.gateway),
          clock: clockNow(),
        },
        deadline,
      );
    });
  }

  /** Starts a VMM, brings its guest to life and follows it; a failure on the way removes everything. */
  async #launch(
    spec: BootSpec,
    { resume, startedAt }: { resume: boolean; startedAt: Date },
    enliven: (vm: QemuVm) => Promise<void>,
  ): Promise<QemuVm> {
    const { launcher } = this.#options;
    const { machine, instance } = spec;
    try {
      const { directory, reach } = await launcher.start(this.#launchOf(spec, resume));
      const record = {
        machine,
        instance,
        reach,
        directory,
        startedAt,
        fingerprint: this.#fingerprintOf(spec),
      };
      await this.#records.save(record);
      const vm = await QemuVm.connect(record, this.#owner);
      await launcher.admit(machine);
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
      if (!(await vm.greet(this.#options.bootDeadlineMs)))
        throw new Error('The VM never got its configuration.');
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

  async #remove(machine: MachineId): Promise<void> {
    await this.#options.launcher.remove(machine);
    await this.#records.forget(machine);
    this.#vms.delete(machine);
  }

  async #writeSnapshot(vm: QemuVm): Promise<void> {
    const { machine, instance, startedAt, fingerprint, directory } = vm.record;
    try {
      await saveMemory(vm.monitor, directory, this.#records.memoryPath(machine));
      await this.#records.saveSnapshot({ machine, instance, startedAt, fingerprint });
    } catch (error) {
      await this.#records.forgetSnapshot(machine);
      await vm.run();
      throw error;
    }
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

const clockNow = () => ({ unixMs: Date.now(), seed: randomBytes(SEED_BYTES).toString('base64') });

function bootFailure(machine: MachineId, error: unknown, complaint: string): Error {
  if (isBulkheadError(error) && complaint === '') return error;
  return new RetryableError('vmm_failed', `The VM of machine ${machine} did not start.`, 1000, {
    operator: `${String(error)}\n${complaint}`.trim(),
    cause: error,
  });
}

import { RetryableError, TerminalError } from '@bulkhead/contracts';
import type { Generation, MachineId } from '@bulkhead/domain';
import type { Kernel } from '../kernel/kernel.js';
import type { Prng } from '../kernel/prng.js';
import type { SimProcess } from '../kernel/process.js';
import type {
  BootSpec,
  MachineRuntime,
  RuntimeObserver,
  Vm,
  VmExit,
} from '../../../apps/worker/src/runtime/runtime.js';

/** A virtual machine that runs on a host, whatever becomes of the worker that started it. */
export interface Guest {
  readonly host: string;
  readonly spec: BootSpec;
  readonly machine: MachineId;
  readonly generation: Generation;
  readonly startedAt: number;
  /** Ids of what was executed in it and by which life of its worker, once per time. */
  readonly executed: string[];
  endedAt: number | null;
  /** Kept until a worker has it on disk. */
  exit: VmExit | null;
  requested: boolean;
}

export interface HostWatcher {
  began(guest: Guest): void;
  ended(guest: Guest): void;
}

const BOOT_MS = { from: 40, to: 400 } as const;
const STOP_MS = { from: 20, to: 300 } as const;
const SLOW_STOP_MS = { from: 5_000, to: 30_000 } as const;

/** The virtual machines and snapshots of one host. They outlive its worker's lives, not the host's own. */
export class SimHost {
  readonly guests = new Map<MachineId, Guest>();
  private readonly snapshots = new Map<MachineId, Generation>();
  private readonly random: Prng;
  /** How many of the next boots fail. */
  bootFailures = 0;
  /** How many workers it has had. */
  private lives = 0;
  private owner: { readonly process: SimProcess; readonly observer: RuntimeObserver } | null = null;

  constructor(
    readonly name: string,
    readonly kernel: Kernel,
    private readonly watcher: HostWatcher,
    /** Of which placement a machine is by what its worker has on disk. */
    private readonly generationOf: (machine: MachineId) => Generation,
  ) {
    this.random = kernel.random.fork();
  }

  /** The runtime as one life of the host's worker has it. */
  open(process: SimProcess, observer: RuntimeObserver): MachineRuntime {
    this.owner = { process, observer };
    this.lives++;
    const handles = new Map<Guest, Vm>();
    const handleOf = (guest: Guest): Vm => {
      const known = handles.get(guest) ?? this.handle(process, guest);
      handles.set(guest, known);
      return known;
    };
    return {
      abilities: { accel: 'tcg', suspend: true, network: 'direct', isolated: true, missing: [] },
      boot: async (spec) => {
        await this.takes(process, BOOT_MS);
        return handleOf(this.begin(spec));
      },
      resume: async (spec) => {
        await this.takes(process, BOOT_MS);
        if (!this.snapshots.delete(spec.machine))
          throw new TerminalError('no_snapshot', 'there is no snapshot');
        return handleOf(this.begin(spec));
      },
      suspended: () => Promise.resolve([...this.snapshots.keys()]),
      discardSnapshot: (machine) => Promise.resolve(void this.snapshots.delete(machine)),
      attach: () => {
        const living: Vm[] = [];
        for (const guest of this.guests.values())
          if (guest.exit === null) living.push(handleOf(guest));
          else this.kernel.after(1, process, () => void this.tell(guest));
        return Promise.resolve(living);
      },
      close: () => Promise.resolve(),
    };
  }

  /** Its app ends by itself. */
  crash(machine: MachineId, exitCode: number): void {
    const guest = this.guests.get(machine);
    if (guest) this.end(guest, { cause: 'app', exitCode });
  }

  /** The power is gone: nothing but the disk is left. */
  powerOff(): void {
    for (const guest of this.guests.values()) if (guest.endedAt === null) this.over(guest);
    this.guests.clear();
  }

  /** A request that came to the machine's address. @returns who took it. */
  requested(machine: MachineId): Guest | null {
    const guest = this.guests.get(machine);
    return guest && guest.endedAt === null ? guest : null;
  }

  private begin(spec: BootSpec): Guest {
    if (this.bootFailures > 0) {
      this.bootFailures--;
      throw new RetryableError('vmm_failed', 'the virtual machine did not start', 100);
    }
    if (this.guests.has(spec.machine)) throw new TerminalError('machine_runs_already', 'it runs already');
    const guest: Guest = {
      host: this.name,
      spec,
      machine: spec.machine,
      generation: this.generationOf(spec.machine),
      startedAt: this.kernel.now,
      executed: [],
      endedAt: null,
      exit: null,
      requested: false,
    };
    this.guests.set(spec.machine, guest);
    this.watcher.began(guest);
    return guest;
  }

  private handle(process: SimProcess, guest: Guest): Vm {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.whenGone(guest, () => this.kernel.after(0, process, resolve));
    const life = this.lives;
    const living = () => {
      if (guest.endedAt !== null) throw new TerminalError('vm_gone', 'the virtual machine has ended');
    };
    const { machine, instance, address } = guest.spec;
    return {
      machine,
      instance,
      reach: { kind: 'direct', address },
      startedAt: new Date(guest.startedAt + process.skewMs),
      ended,
      stop: async ({ timeoutMs }) => {
        living();
        guest.requested = true;
        const takes = this.random.chance(0.15) ? this.draw(SLOW_STOP_MS) : this.draw(STOP_MS);
        this.kernel.after(Math.min(takes, timeoutMs), null, () =>
          this.end(guest, { cause: 'app', exitCode: 0 }),
        );
        await this.takes(process, { from: 1, to: 2 });
      },
      kill: async () => {
        living();
        guest.requested = true;
        this.kernel.after(this.random.int(5, 50), null, () =>
          this.end(guest, { cause: 'killed', signal: 9 }),
        );
        await this.takes(process, { from: 1, to: 2 });
      },
      signal: () => Promise.resolve(living()),
      exec: async ({ argv }) => {
        living();
        await this.takes(process, { from: 1, to: 20 });
        living();
        guest.executed.push(`${argv.join(' ')} in life ${life}`);
        const nothing = {
          stdout: Buffer.alloc(0),
          stderr: Buffer.alloc(0),
          timedOut: false,
          truncated: false,
        };
        return { exitCode: 0, signal: null, ...nothing };
      },
      ps: () => Promise.resolve([]),
      suspend: async () => {
        living();
        await this.takes(process, { from: 20, to: 200 });
        living();
        this.snapshots.set(machine, guest.generation);
        this.over(guest);
        this.remove(guest);
      },
    };
  }

  private readonly gone = new Map<Guest, (() => void)[]>();

  private whenGone(guest: Guest, work: () => void): void {
    this.gone.set(guest, [...(this.gone.get(guest) ?? []), work]);
  }

  private end(guest: Guest, how: Partial<VmExit> & Pick<VmExit, 'cause'>): void {
    if (guest.endedAt !== null) return;
    this.over(guest);
    guest.exit = {
      exitCode: null,
      signal: null,
      oomKilled: false,
      requested: guest.requested,
      exitedAt: new Date(this.kernel.now),
      detail: '',
      ...how,
    };
    const { owner } = this;
    if (owner) this.kernel.after(1, owner.process, () => void this.tell(guest));
  }

  /** A worker hears of an exit, and keeps it; only then it is forgotten here. */
  private async tell(guest: Guest): Promise<void> {
    const { owner } = this;
    if (!guest.exit || !owner) return;
    const { machine, instance } = guest.spec;
    await owner.observer.exited({ machine, instance }, guest.exit);
    this.remove(guest);
  }

  private over(guest: Guest): void {
    guest.endedAt = this.kernel.now;
    this.watcher.ended(guest);
  }

  private remove(guest: Guest): void {
    if (this.guests.get(guest.machine) === guest) this.guests.delete(guest.machine);
    for (const work of this.gone.get(guest) ?? []) work();
    this.gone.delete(guest);
  }

  private takes(process: SimProcess, range: { readonly from: number; readonly to: number }): Promise<void> {
    return new Promise((resolve) => void this.kernel.after(this.draw(range), process, resolve));
  }

  private draw({ from, to }: { readonly from: number; readonly to: number }): number {
    return this.random.int(from, to);
  }
}

import type { InstanceId, MachineId } from '@bulkhead/domain';

/**
 * Runs the virtual machines of one host. A machine has at most one VM at a time; VMs outlive the process that
 * started them, and a new runtime over the same state directory finds them with `attach`.
 */
export interface MachineRuntime {
  readonly abilities: RuntimeAbilities;

  /**
   * Starts a VM and hands it its configuration; resolves once the entry point was started.
   * @throws TerminalError `machine_runs_already`, `guest_refused` (a configuration the guest can't apply)
   * @throws RetryableError `boot_timeout`, `vmm_failed`: nothing of the VM is left behind
   */
  boot(spec: BootSpec): Promise<Vm>;

  /**
   * Continues a suspended VM from its snapshot, which is used up once its guest runs. The spec is that of the boot; of it only
   * rootfs, size and network matter, everything else lives on in the guest's memory.
   * @throws TerminalError `no_snapshot`, `snapshot_unusable`: start cold instead
   */
  resume(spec: BootSpec): Promise<Vm>;

  /** Machines with a snapshot on this host. */
  suspended(): Promise<MachineId[]>;

  /** Drops a machine's snapshot, if there is one. */
  discardSnapshot(machine: MachineId): Promise<void>;

  /**
   * Finds the VMs of an earlier process, once, at start. Those that ended meanwhile are told to the observer like
   * any other exit; those that never got their configuration are removed.
   */
  attach(): Promise<Vm[]>;

  /** Lets go of every VM; they run on. */
  close(): Promise<void>;
}

/** One running VM. Every call fails with TerminalError `vm_gone` once it has ended. */
export interface Vm {
  readonly machine: MachineId;
  readonly instance: InstanceId;
  readonly reach: Reach;
  readonly startedAt: Date;
  /** Resolves when the VM has ended, the observer has taken its exit, and nothing of it is left on the host. */
  readonly ended: Promise<void>;

  /** Sends the stop signal; when `timeoutMs` is over, every process of the machine is killed. Resolves at once; the end is an exit. */
  stop(options: { readonly signal: number; readonly timeoutMs: number }): Promise<void>;
  /** Ends the VM from outside, whatever its guest does. */
  kill(): Promise<void>;
  /** Sends a signal (1..64) to the entry point. */
  signal(number: number): Promise<void>;
  /** Runs a program beside the app, as the app's user. */
  exec(request: ExecRequest, onOutput?: (stream: OutputStream, data: Buffer) => void): Promise<ExecResult>;
  ps(): Promise<Process[]>;
  /** Writes the VM's memory to this host's disk and ends the VM; that is no exit. */
  suspend(): Promise<void>;
}

/** What a runtime tells its owner, in order per machine. */
export interface RuntimeObserver {
  /** The guest keeps the lines until the promise resolves; meanwhile an app that floods is held up. */
  log(vm: VmIdentity, lines: LogLine[]): Promise<void>;
  /** Resolve when the exit is stored durably: only then the guest forgets it and the VM is removed. May come again after a crash. */
  exited(vm: VmIdentity, exit: VmExit): Promise<void>;
}

export interface VmIdentity {
  readonly machine: MachineId;
  readonly instance: InstanceId;
}

export interface RuntimeAbilities {
  readonly accel: 'kvm' | 'tcg';
  readonly suspend: boolean;
  readonly network: 'direct' | 'forward';
  /** VMM processes run jailed as users of their own, in cgroups with limits. */
  readonly isolated: boolean;
  /** What this host can't do, in words for its operator. */
  readonly missing: readonly string[];
}

/** How the host gets to a machine's ports: at its own address, or by ports of the host's loopback. */
export type Reach =
  | { readonly kind: 'direct'; readonly address: string }
  | { readonly kind: 'forward'; readonly ports: Readonly<Record<number, number>> };

export interface BootSpec {
  readonly machine: MachineId;
  readonly instance: InstanceId;
  /** Absolute path of an EROFS image. */
  readonly rootfs: string;
  readonly cpus: number;
  readonly memoryMb: number;
  /** The machine's 6PN address, and the host's on the same link: both in fd00::/8, without a prefix length. */
  readonly address: string;
  readonly gateway: string;
  /** TCP ports that the host must reach; only needed where the network is `forward`. */
  readonly servicePorts: readonly number[];
  readonly guest: GuestConfiguration;
}

/** Travels over the control channel alone: never in arguments, on disk or in logs. */
export interface GuestConfiguration {
  readonly hostname: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** As in an image's configuration: "", "name", "uid", "name:group", "uid:gid". */
  readonly user: string;
  readonly workdir: string;
  readonly tty: boolean;
  readonly files: readonly { readonly path: string; readonly mode: number; readonly data: Buffer }[];
  readonly hosts: readonly { readonly address: string; readonly names: readonly string[] }[];
  readonly resolvConf: string;
}

export type OutputStream = 'stdout' | 'stderr';

export interface LogLine {
  readonly stream: OutputStream;
  /** The guest's clock. */
  readonly at: Date;
  /** At most 16 KiB; valid Unicode, but otherwise the app's own bytes, control characters included. */
  readonly text: string;
  /** The line goes on in the next entry. */
  readonly cut: boolean;
}

export interface VmExit {
  /**
   * `app`: the entry point ended. `start_failed`: it could not be started, `detail` says why. `killed`: ended by
   * `kill`. `lost`: the VM ended without saying why (crash of the guest or the VMM, reboot of the host).
   */
  readonly cause: 'app' | 'start_failed' | 'killed' | 'lost';
  /** Null when a signal ended it or nobody knows. */
  readonly exitCode: number | null;
  readonly signal: number | null;
  readonly oomKilled: boolean;
  /** `stop` or `kill` had been called. */
  readonly requested: boolean;
  readonly exitedAt: Date;
  readonly detail: string;
}

export interface ExecRequest {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** At most 1 MiB. */
  readonly stdin?: Buffer;
  /** At most one hour; then the program and its session are killed. */
  readonly timeoutMs: number;
  /** Bytes per stream, at most 4 MiB; the rest is thrown away and said by `truncated`. */
  readonly maxOutput?: number;
}

export interface ExecResult {
  readonly exitCode: number | null;
  readonly signal: number | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly timedOut: boolean;
  readonly truncated: boolean;
}

/** In the shape of the Machines API's `ps`. */
export interface Process {
  readonly pid: number;
  readonly command: string;
  readonly directory: string;
  /** Percent of one processor over the process's life. */
  readonly cpu: number;
  /** Seconds since its start. */
  readonly rtime: number;
  /** Seconds of processor time in the kernel. */
  readonly stime: number;
  /** Bytes. */
  readonly rss: number;
  readonly listen_sockets: readonly { readonly proto: string; readonly address: string }[];
}

import type { MachineId } from '@bulkhead/domain';
import type { Reach } from '../runtime.js';

/** A VM to start. Without `rootfs` and `address` it is a probe: a kernel and its init, nothing else. */
export interface Launch {
  readonly machine: MachineId;
  readonly accel: 'kvm' | 'tcg';
  readonly cpus: number;
  readonly memoryMb: number;
  readonly rootfs: string | null;
  readonly link: { readonly address: string; readonly gateway: string } | null;
  readonly servicePorts: readonly number[];
  readonly resume: boolean;
}

export interface Launched {
  /** Where the VMM's sockets are. */
  readonly directory: string;
  readonly reach: Reach;
}

/** Starts and removes VMM processes: as this user, or through the host's privileged helper. */
export interface VmLauncher {
  readonly network: 'direct' | 'forward';
  readonly isolated: boolean;
  readonly missing: readonly string[];

  /** Starts a VMM with its guest stopped; nothing is left behind where it fails. */
  start(launch: Launch): Promise<Launched>;
  /** Once the VMM has initialized its devices: gives it its network and closes its directory to it. */
  admit(machine: MachineId): Promise<void>;
  /** What the VMM wrote to its error output while it started. */
  complaint(machine: MachineId): Promise<string>;
  /** Kills the VMM, whatever state it is in, and removes everything that was made for it. Repeatable. */
  remove(machine: MachineId): Promise<void>;
  /** Every machine something was made for. */
  list(): Promise<MachineId[]>;
}

import type { DomainEvent } from '../decider.js';
import type { HostId, MachineId } from '../ids.js';

/** What a host can carry, or a machine takes. A shared CPU is a fraction of one. */
export interface Resources {
  readonly cpus: number;
  readonly memoryMb: number;
  readonly diskMb: number;
}

/** Where a host's worker takes connections that edges on other hosts forward to its machines. */
export interface Forward {
  readonly host: string;
  readonly port: number;
}

export type HostEvent =
  | DomainEvent<
      'HostJoined',
      {
        readonly host: HostId;
        readonly name: string;
        readonly region: string;
        readonly labels: Readonly<Record<string, string>>;
        readonly capacity: Resources;
        readonly forward: Forward | null;
        /** Number of the host in 6PN addresses; never given twice. */
        readonly number: number;
        /** X25519 public key, base64, that what only this host may read is sealed to. */
        readonly sealingKey: string;
      }
    >
  | DomainEvent<
      'HostChanged',
      {
        readonly region: string;
        readonly labels: Readonly<Record<string, string>>;
        readonly capacity: Resources;
        readonly forward: Forward | null;
      }
    >
  | DomainEvent<'HostCordoned', { readonly reason: string }>
  | DomainEvent<'HostUncordoned', Record<string, never>>
  | DomainEvent<'HostLost', { readonly lastSeen: string }>
  | DomainEvent<'HostReturned', Record<string, never>>
  | DomainEvent<'HostRemoved', Record<string, never>>
  | DomainEvent<'HostReportsMissed', { readonly from: number; readonly to: number; readonly reason: string }>
  /** `slot` is the machine's number in this host's 6PN addresses: counted up, so that no address comes back. */
  | DomainEvent<
      'CapacityTaken',
      { readonly machine: MachineId; readonly resources: Resources; readonly slot: number }
    >
  | DomainEvent<'CapacityReleased', { readonly machine: MachineId; readonly slot: number }>;

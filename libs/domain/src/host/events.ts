import type { DomainEvent } from '../decider.js';
import type { HostId, MachineId } from '../ids.js';

/** What a host can carry, or a machine takes. A shared CPU is a fraction of one. */
export interface Resources {
  readonly cpus: number;
  readonly memoryMb: number;
  readonly diskMb: number;
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
        /** Number of the host in 6PN addresses; never given twice. */
        readonly number: number;
      }
    >
  | DomainEvent<
      'HostChanged',
      {
        readonly region: string;
        readonly labels: Readonly<Record<string, string>>;
        readonly capacity: Resources;
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

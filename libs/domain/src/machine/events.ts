import type { DomainEvent } from '../decider.js';
import type { AppId, HostId, InstanceId, MachineId, OrganizationId } from '../ids.js';
import type { Sealed } from '../sealed.js';
import type { MachineConfig } from './config.js';

/** Which placement of a machine this is; the newest wins everywhere. `epoch` is the start of the scheduler's journal epoch in unix seconds. */
export interface Generation {
  readonly epoch: number;
  readonly count: number;
}

export interface ExitRecord {
  readonly exit_code: number;
  readonly guest_signal: number;
  readonly oom_killed: boolean;
  readonly requested_stop: boolean;
  readonly restarting: boolean;
  readonly restart_count: number;
  readonly exited_at: string;
}

/** Which wish of which placement a host saw come true. */
export interface Observed {
  readonly generation: Generation;
  readonly instance: InstanceId;
  /** The newest wish the host had acted on; see `Machine.wish`. */
  readonly wish: number;
}

/** Where a machine's ports can be reached on its host. */
export type Reach =
  | { readonly kind: 'direct' }
  /** Loopback forwards of a host without network privileges: internal port → port on 127.0.0.1. */
  | { readonly kind: 'forward'; readonly ports: Readonly<Record<string, number>> };

export type MachineEvent =
  | DomainEvent<
      'MachineCreated',
      {
        readonly machine: MachineId;
        readonly app: AppId;
        /** As it is for the app's whole life; said here so that who follows machines need not know apps. */
        readonly appName: string;
        readonly organization: OrganizationId;
        readonly name: string;
        readonly region: string;
        readonly instance: InstanceId;
        readonly config: MachineConfig;
        readonly launch: boolean;
        readonly cordoned: boolean;
      }
    >
  | DomainEvent<
      'MachinePlaced',
      {
        readonly host: HostId;
        readonly region: string;
        readonly generation: Generation;
        readonly networkId: number;
        readonly address: Sealed<string>;
        readonly reason: 'created' | 'host_lost' | 'replaced' | 'updated';
      }
    >
  | DomainEvent<
      'MachineUpdated',
      { readonly instance: InstanceId; readonly config: MachineConfig; readonly launch: boolean }
    >
  | DomainEvent<'MachineStartRequested', Record<string, never>>
  | DomainEvent<'MachineStopRequested', { readonly signal?: string; readonly timeoutMs?: number }>
  | DomainEvent<
      'MachineRestartRequested',
      {
        readonly force: boolean;
        readonly signal?: string;
        readonly timeoutMs?: number;
        readonly count: number;
      }
    >
  | DomainEvent<'MachineSuspendRequested', Record<string, never>>
  | DomainEvent<
      'MachineDestroyRequested',
      { readonly force: boolean; readonly reason: 'user' | 'auto_destroy' }
    >
  | DomainEvent<'MachineCordoned', Record<string, never>>
  | DomainEvent<'MachineUncordoned', Record<string, never>>
  | DomainEvent<'MachineMetadataChanged', { readonly metadata: Readonly<Record<string, string>> }>
  | DomainEvent<'MachineSignalled', { readonly signal: string }>
  | DomainEvent<
      'MachineCommandExecuted',
      { readonly command: Sealed<readonly string[]>; readonly container?: string }
    >
  | DomainEvent<'MachineStarted', Observed & { readonly reach: Reach; readonly imageDigest: string }>
  | DomainEvent<'MachineExited', Observed & { readonly exit: ExitRecord }>
  | DomainEvent<'MachineStopped', Observed>
  | DomainEvent<'MachineSuspended', Observed>
  | DomainEvent<'MachineFailed', Observed & { readonly code: string; readonly message: string }>
  | DomainEvent<'MachineChecksChanged', Observed & { readonly checks: readonly CheckStatus[] }>
  | DomainEvent<'MachineHostLost', { readonly host: HostId }>
  | DomainEvent<'MachineHostReturned', { readonly host: HostId }>
  | DomainEvent<'MachineDestroyed', Record<string, never>>;

export interface CheckStatus {
  readonly name: string;
  readonly status: 'passing' | 'warning' | 'critical';
  readonly output: string;
  readonly updated_at: string;
}

import type { AppId, HostId, InstanceId, MachineId, OrganizationId } from '../ids.js';
import type { Sealed } from '../sealed.js';
import type { StopWish } from './commands.js';
import type { MachineConfig } from './config.js';
import type { CheckStatus, Generation, Reach } from './events.js';

export type Desired = 'started' | 'stopped' | 'suspended' | 'destroyed';

export interface Placement {
  readonly host: HostId;
  readonly region: string;
  readonly generation: Generation;
  readonly networkId: number;
  readonly address: Sealed<string>;
}

/** What is known of a machine that exists, whatever its status. */
export interface Machine {
  readonly machine: MachineId;
  readonly app: AppId;
  readonly appName: string;
  readonly organization: OrganizationId;
  readonly name: string;
  readonly region: string;
  readonly instance: InstanceId;
  readonly config: MachineConfig;
  readonly cordoned: boolean;
  readonly desired: Desired;
  /** Counts what was asked of the machine, so that a host tells a new wish from one it has fulfilled. */
  readonly wish: number;
  readonly stop: StopWish & { readonly force: boolean };
  readonly placement: Placement | null;
  readonly hostLost: boolean;
  /** As the host of the placement reported last. */
  readonly reach: Reach | null;
  readonly imageDigest: string | null;
  readonly checks: readonly CheckStatus[];
  readonly restarts: number;
}

/** Where a machine is on its way; the words are the Machines API's. */
export type LivingStatus =
  | 'creating'
  | 'created'
  | 'starting'
  | 'started'
  | 'stopping'
  | 'stopped'
  | 'restarting'
  | 'suspending'
  | 'suspended'
  | 'updating'
  | 'destroying';

export type LivingMachine =
  | (Machine & { readonly status: LivingStatus })
  | (Machine & { readonly status: 'failed'; readonly code: string; readonly message: string });

export type MachineState =
  | { readonly status: 'absent' }
  | LivingMachine
  | {
      readonly status: 'destroyed';
      readonly machine: MachineId;
      readonly app: AppId;
      readonly organization: OrganizationId;
      readonly name: string;
    };

export type MachineStatus = MachineState['status'];

export const isLiving = (state: MachineState): state is LivingMachine =>
  state.status !== 'absent' && state.status !== 'destroyed';

/** States that nothing but a new wish leaves. */
const SETTLED: ReadonlySet<MachineStatus> = new Set([
  'created',
  'started',
  'stopped',
  'suspended',
  'failed',
  'destroyed',
]);
export const isSettled = (status: MachineStatus): boolean => SETTLED.has(status);

/** Statuses in which nothing runs on the host. */
export const isResting = (status: MachineStatus): boolean =>
  status === 'created' || status === 'stopped' || status === 'suspended' || status === 'failed';

/** Whether traffic may go to it: all checks of its services pass. Until they were heard of, they don't. */
export function isHealthy({ config, checks }: Machine): boolean {
  const hasChecks = (config.services ?? []).some((service) => (service.checks ?? []).length > 0);
  const ofServices = checks.filter(({ name }) => name.startsWith(SERVICE_CHECK));
  return !hasChecks || (ofServices.length > 0 && ofServices.every(({ status }) => status === 'passing'));
}

/** How names of services' checks begin: `servicecheck-00-http-8080`. */
const SERVICE_CHECK = 'servicecheck-';

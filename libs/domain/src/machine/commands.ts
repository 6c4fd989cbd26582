import type { AppId, HostId, InstanceId, MachineId, OrganizationId } from '../ids.js';
import type { Sealed } from '../sealed.js';
import type { MachineConfig } from './config.js';
import type { CheckStatus, ExitRecord, Generation, Observed, Reach } from './events.js';

export interface StopWish {
  readonly signal?: string;
  readonly timeoutMs?: number;
}

/** What a user asks of a machine. */
export type MachineRequest =
  | { readonly type: 'start' }
  | ({ readonly type: 'stop' } & StopWish)
  | ({ readonly type: 'restart'; readonly force: boolean } & StopWish)
  | { readonly type: 'suspend' }
  | { readonly type: 'signal'; readonly signal: string }
  | { readonly type: 'cordon' }
  | { readonly type: 'uncordon' }
  | { readonly type: 'destroy'; readonly force: boolean }
  | { readonly type: 'set-metadata'; readonly metadata: Readonly<Record<string, string>> }
  | { readonly type: 'execute'; readonly command: Sealed<readonly string[]>; readonly container?: string }
  | {
      readonly type: 'update';
      readonly instance: InstanceId;
      readonly config: MachineConfig;
      /** Start it if it ran before. */
      readonly launch: boolean;
      /** Compare-and-set: the instance the caller changed. */
      readonly current?: string;
    };

/** What a host saw. */
export type MachineObservation =
  | ({ readonly kind: 'started'; readonly reach: Reach; readonly imageDigest: string } & Observed)
  | ({ readonly kind: 'exited'; readonly exit: ExitRecord } & Observed)
  | ({ readonly kind: 'stopped' } & Observed)
  | ({ readonly kind: 'suspended' } & Observed)
  | ({ readonly kind: 'failed'; readonly code: string; readonly message: string } & Observed)
  | ({ readonly kind: 'checks'; readonly checks: readonly CheckStatus[] } & Observed)
  | ({ readonly kind: 'destroyed' } & Observed)
  /** It is not in the host's whole state. */
  | { readonly kind: 'missing' }
  /** Its part of a host's whole state, which repeats what may be known. */
  | ({
      readonly kind: 'surveyed';
      readonly state: 'starting' | 'started' | 'stopped' | 'suspended' | 'failed';
      readonly reach?: Reach;
      readonly imageDigest?: string;
    } & Observed);

/** What the scheduler decides by itself or together with a host's capacity. */
export type MachineSteering =
  | {
      readonly type: 'create';
      readonly machine: MachineId;
      readonly app: AppId;
      readonly appName: string;
      readonly organization: OrganizationId;
      readonly name: string;
      readonly region: string;
      readonly instance: InstanceId;
      readonly config: MachineConfig;
      readonly launch: boolean;
      readonly cordoned: boolean;
    }
  | {
      readonly type: 'place';
      readonly host: HostId;
      readonly region: string;
      readonly generation: Generation;
      readonly networkId: number;
      readonly address: Sealed<string>;
      readonly reason: 'created' | 'host_lost' | 'replaced' | 'updated';
    }
  | { readonly type: 'lose-host'; readonly host: HostId }
  | { readonly type: 'return-host'; readonly host: HostId }
  /** Its host is gone for good: what was asked for and can't be reported any more counts as done. */
  | { readonly type: 'abandon' };

export type MachineCommand =
  | MachineRequest
  | MachineSteering
  | { readonly type: 'observe'; readonly host: HostId; readonly seen: MachineObservation };

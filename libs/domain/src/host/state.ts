import type { HostId } from '../ids.js';
import type { Forward, Resources } from './events.js';

export interface Holding {
  readonly resources: Resources;
  readonly slot: number;
}

export interface JoinedHost {
  readonly status: 'ready' | 'lost';
  readonly host: HostId;
  readonly name: string;
  readonly region: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly capacity: Resources;
  readonly forward: Forward | null;
  readonly number: number;
  readonly sealingKey: string;
  readonly cordoned: boolean;
  /** By machine id. */
  readonly holdings: Readonly<Record<string, Holding>>;
  readonly nextSlot: number;
}

export type HostState =
  | { readonly status: 'absent' }
  | JoinedHost
  | { readonly status: 'removed'; readonly host: HostId; readonly number: number };

export const isJoined = (state: HostState): state is JoinedHost =>
  state.status === 'ready' || state.status === 'lost';

export const NOTHING: Resources = { cpus: 0, memoryMb: 0, diskMb: 0 };

export const add = (a: Resources, b: Resources): Resources => ({
  cpus: a.cpus + b.cpus,
  memoryMb: a.memoryMb + b.memoryMb,
  diskMb: a.diskMb + b.diskMb,
});

export const subtract = (a: Resources, b: Resources): Resources => ({
  cpus: a.cpus - b.cpus,
  memoryMb: a.memoryMb - b.memoryMb,
  diskMb: a.diskMb - b.diskMb,
});

/** What the machines of a host take together. */
export const usedOf = ({ holdings }: JoinedHost): Resources =>
  Object.values(holdings).reduce((sum, { resources }) => add(sum, resources), NOTHING);

/** The resources of which less is free than asked for. */
export const shortages = (free: Resources, asked: Resources): readonly (keyof Resources)[] =>
  RESOURCES.filter((resource) => asked[resource] > free[resource]);

export const RESOURCES: readonly (keyof Resources)[] = ['cpus', 'memoryMb', 'diskMb'];

import {
  demandOf,
  hostAggregate,
  isJoined,
  nextGeneration,
  place,
  Refusal,
  wantedLabels,
  type AppId,
  type Generation,
  type HostEvent,
  type HostId,
  type HostState,
  type JoinedHost,
  type MachineConfig,
  type MachineId,
  type MachineSteering,
  type OrganizationId,
} from '@bulkhead/domain';
import { epochStart } from '@bulkhead/contracts';
import type { Decision, Loaded } from '@bulkhead/journal';
import { formatSixPn } from '@bulkhead/network';
import type { Scheduler } from '../scheduler.js';
import { candidates } from './tables.js';

/** Which machine seeks room. */
export interface Seeker {
  readonly machine: MachineId;
  readonly app: AppId;
  readonly organization: OrganizationId;
  readonly config: MachineConfig;
  readonly region?: string;
  /** Where it must not go. */
  readonly except?: HostId;
}

/** Room that was found on a host: its events are to be appended. */
export interface Room {
  readonly host: Loaded<HostState, HostEvent>;
  readonly events: readonly HostEvent[];
  readonly state: JoinedHost;
  readonly slot: number;
}

/**
 * Takes room on the best host. Another decision may just have taken it: then the next best.
 * @throws Refusal `insufficient_capacity`
 */
export async function findRoom(scheduler: Scheduler, decision: Decision, seeker: Seeker): Promise<Room> {
  const { machine, app, config, region, except } = seeker;
  const resources = demandOf(config.guest);
  const hosts = (await candidates(scheduler.database, app)).filter(({ host }) => host !== except);
  const labels = wantedLabels(config.metadata);
  const ranked = place({ labels, resources, ...(region === undefined ? {} : { region }) }, hosts);
  let refusal: Refusal | undefined;
  for (const id of ranked) {
    const host = await decision.load(hostAggregate, id);
    try {
      return takeRoom(host, machine, config);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusal = error;
    }
  }
  throw refusal ?? new Error('placement ranked no host and refused nothing');
}

/** Takes room on one host, or changes what the machine has there. @throws Refusal `insufficient_capacity` */
export function takeRoom(
  host: Loaded<HostState, HostEvent>,
  machine: MachineId,
  config: MachineConfig,
): Room {
  const resources = demandOf(config.guest);
  const events = hostAggregate.decide({ type: 'take', machine, resources }, host.state);
  const state = events.reduce(hostAggregate.evolve, host.state);
  const slot = isJoined(state) ? state.holdings[machine]?.slot : undefined;
  if (!isJoined(state) || slot === undefined)
    throw new Error(`${host.id} took ${machine} and does not hold it`);
  return { host, events, state, slot };
}

/** The newest placement of a machine: where it has room now. */
export async function placementAt(
  { journal, sealer }: Scheduler,
  { state, slot }: Room,
  machine: {
    readonly organization: OrganizationId;
    readonly networkId: number;
    readonly last: Generation | null;
  },
  reason: Extract<MachineSteering, { type: 'place' }>['reason'],
): Promise<Extract<MachineSteering, { type: 'place' }>> {
  const { organization, networkId, last } = machine;
  const address = formatSixPn({ network: networkId, host: state.number, slot });
  return {
    type: 'place',
    host: state.host,
    region: state.region,
    generation: nextGeneration(last, epochStart(await journal.epoch())),
    networkId,
    address: { $sealed: await sealer.seal(organization, address) },
    reason,
  };
}

import { never, Refusal } from '../decider.js';
import { without } from '../records.js';
import type { HostCommand } from './commands.js';
import type { HostEvent, Resources } from './events.js';
import { isJoined, shortages, subtract, usedOf, type HostState, type JoinedHost } from './state.js';

/** Numbers of hosts have 16 bits in a 6PN address, slots 32. */
const LAST_NUMBER = 0xffff;
const LAST_SLOT = 0xffff_ffff;

export function decideHost(command: HostCommand, state: HostState): readonly HostEvent[] {
  if (command.type === 'join') return join(command, state);
  if (state.status === 'removed') throw new Refusal('host_removed', `host ${state.host} was removed`, 403);
  if (!isJoined(state)) throw new Refusal('not_found', 'host not found', 404);
  return decideJoined(command, state);
}

function join(command: Extract<HostCommand, { type: 'join' }>, state: HostState): readonly HostEvent[] {
  const { type: _, ...data } = command;
  if (state.status === 'removed')
    throw new Refusal(
      'host_removed',
      `host ${command.host} was removed; enrol it again under a new name`,
      403,
    );
  if (state.status !== 'absent')
    throw new Refusal('already_exists', `host ${command.host} has joined already`, 409);
  if (!Number.isInteger(data.number) || data.number < 1 || data.number > LAST_NUMBER)
    throw new Refusal('hosts_exhausted', `no host number up to ${LAST_NUMBER} is left`, 403);
  return [{ type: 'HostJoined', data }];
}

function decideJoined(
  command: Exclude<HostCommand, { type: 'join' }>,
  state: JoinedHost,
): readonly HostEvent[] {
  switch (command.type) {
    case 'change': {
      const { type: _, ...data } = command;
      return isSame(state, command) ? [] : [{ type: 'HostChanged', data }];
    }
    case 'cordon':
      return state.cordoned ? [] : [{ type: 'HostCordoned', data: { reason: command.reason } }];
    case 'uncordon':
      return state.cordoned ? [{ type: 'HostUncordoned', data: {} }] : [];
    case 'lose':
      return state.status === 'lost' ? [] : [{ type: 'HostLost', data: { lastSeen: command.lastSeen } }];
    case 'return':
      return state.status === 'lost' ? [{ type: 'HostReturned', data: {} }] : [];
    case 'remove':
      return remove(state);
    case 'miss-reports': {
      const { from, to, reason } = command;
      return [{ type: 'HostReportsMissed', data: { from, to, reason } }];
    }
    case 'take':
      return take(command, state);
    case 'release': {
      const held = state.holdings[command.machine];
      return held ? [{ type: 'CapacityReleased', data: { machine: command.machine, slot: held.slot } }] : [];
    }
    default:
      return never(command);
  }
}

function take(command: Extract<HostCommand, { type: 'take' }>, state: JoinedHost): readonly HostEvent[] {
  const { machine, resources } = command;
  const held = state.holdings[machine];
  if (!held && state.cordoned) throw unavailable(state, 'cordoned');
  if (state.status === 'lost') throw unavailable(state, 'lost');
  const free = subtract(state.capacity, usedOf({ ...state, holdings: without(state.holdings, machine) }));
  const [short] = shortages(free, resources);
  if (short)
    throw new Refusal(
      'insufficient_capacity',
      `aborted: could not reserve resource for machine: insufficient ${short} on host ${state.name} (${state.region}): ` +
        `${resources[short]} asked, ${free[short]} free`,
      409,
      { host: state.host, resource: short, asked: resources[short], free: free[short] },
    );
  const slot = held?.slot ?? state.nextSlot;
  if (slot > LAST_SLOT) throw unavailable(state, 'out of addresses');
  return held && isEqual(held.resources, resources)
    ? []
    : [{ type: 'CapacityTaken', data: { machine, resources, slot } }];
}

function remove(state: JoinedHost): readonly HostEvent[] {
  const machines = Object.keys(state.holdings);
  if (machines.length > 0)
    throw new Refusal(
      'host_in_use',
      `host ${state.name} still has ${machines.length} machines: cordon it, then destroy or replace them`,
      412,
      { machines: machines.slice(0, 20) },
    );
  return [{ type: 'HostRemoved', data: {} }];
}

const unavailable = (state: JoinedHost, why: string) =>
  new Refusal(
    'insufficient_capacity',
    `aborted: could not reserve resource for machine: host ${state.name} (${state.region}) is ${why}`,
    409,
    { host: state.host },
  );

const isSame = (state: JoinedHost, wanted: Extract<HostCommand, { type: 'change' }>): boolean =>
  state.region === wanted.region &&
  isEqual(state.capacity, wanted.capacity) &&
  state.forward?.host === wanted.forward?.host &&
  state.forward?.port === wanted.forward?.port &&
  Object.keys(state.labels).length === Object.keys(wanted.labels).length &&
  Object.entries(wanted.labels).every(([label, value]) => state.labels[label] === value);

const isEqual = (a: Resources, b: Resources): boolean =>
  a.cpus === b.cpus && a.memoryMb === b.memoryMb && a.diskMb === b.diskMb;

import { never } from '../decider.js';
import { compareGenerations } from '../placement/generation.js';
import type { MachineEvent, Observed } from './events.js';
import {
  isLiving,
  isResting,
  type LivingMachine,
  type LivingStatus,
  type Machine,
  type MachineState,
} from './state.js';

type Happening = Exclude<MachineEvent, { type: 'MachineCreated' }>;

export function evolveMachine(state: MachineState, event: MachineEvent): MachineState {
  if (event.type === 'MachineCreated') return created(event.data);
  if (event.type === 'MachineDestroyed') return isLiving(state) ? destroyed(state) : state;
  return isLiving(state) ? evolveLiving(state, event) : state;
}

function evolveLiving(
  state: LivingMachine,
  event: Exclude<Happening, { type: 'MachineDestroyed' }>,
): LivingMachine {
  switch (event.type) {
    case 'MachinePlaced':
      return placed(state, event.data);
    case 'MachineUpdated':
      return updated(state, event.data);
    case 'MachineStartRequested':
      return wished(state, 'starting', { desired: 'started' });
    case 'MachineStopRequested':
      return wished(state, 'stopping', { desired: 'stopped', stop: { ...event.data, force: false } });
    case 'MachineRestartRequested': {
      const { count, ...stop } = event.data;
      return wished(state, 'restarting', { desired: 'started', stop, restarts: count });
    }
    case 'MachineSuspendRequested':
      return wished(state, 'suspending', { desired: 'suspended' });
    case 'MachineDestroyRequested':
      return wished(state, 'destroying', { desired: 'destroyed', stop: { force: event.data.force } });
    case 'MachineCordoned':
      return { ...state, cordoned: true };
    case 'MachineUncordoned':
      return { ...state, cordoned: false };
    case 'MachineMetadataChanged':
      return { ...state, config: { ...state.config, metadata: event.data.metadata } };
    case 'MachineSignalled':
    case 'MachineCommandExecuted':
      return state;
    case 'MachineStarted': {
      const { reach, imageDigest } = event.data;
      return observed(state, event.data, 'started', { reach, imageDigest, checks: [] });
    }
    case 'MachineExited':
      return exited(state, event.data);
    case 'MachineStopped':
      return observed(state, event.data, 'stopped', { ...AT_REST, desired: 'stopped' });
    case 'MachineSuspended':
      return observed(state, event.data, 'suspended', { ...AT_REST, desired: 'suspended' });
    case 'MachineFailed': {
      const { code, message } = event.data;
      if (!isNewest(state, event.data) || state.status === 'destroying') return state;
      return { ...state, ...AT_REST, status: 'failed', desired: 'stopped', code, message };
    }
    case 'MachineChecksChanged':
      return isNewest(state, event.data) ? { ...state, checks: event.data.checks } : state;
    case 'MachineHostLost':
      return { ...state, hostLost: true };
    case 'MachineHostReturned':
      return { ...state, hostLost: false };
    default:
      return never(event);
  }
}

const AT_REST = { reach: null, checks: [] } as const;

function created({
  launch,
  ...data
}: Extract<MachineEvent, { type: 'MachineCreated' }>['data']): LivingMachine {
  return {
    ...data,
    status: 'creating',
    desired: launch ? 'started' : 'stopped',
    wish: 1,
    stop: { force: false },
    placement: null,
    hostLost: false,
    reach: null,
    imageDigest: null,
    checks: [],
    restarts: 0,
  };
}

/** Nothing of a machine is on its new host yet: what isn't to run there is at rest already. */
function placed(
  state: LivingMachine,
  { reason, ...placement }: Extract<MachineEvent, { type: 'MachinePlaced' }>['data'],
): LivingMachine {
  const there = { placement, ...AT_REST, hostLost: false };
  if (state.status === 'failed' || state.desired === 'destroyed') return { ...state, ...there };
  if (state.desired === 'started') return becomes(state, 'starting', there);
  const isUntouched = state.status === 'created' || (state.status === 'creating' && reason === 'created');
  return becomes(state, isUntouched ? 'created' : 'stopped', { ...there, desired: 'stopped' });
}

function updated(
  state: LivingMachine,
  { instance, config, launch }: Extract<MachineEvent, { type: 'MachineUpdated' }>['data'],
): LivingMachine {
  const isStill = !launch && isResting(state.status);
  return wished(state, isStill ? 'stopped' : 'updating', {
    instance,
    config,
    desired: launch ? 'started' : 'stopped',
    stop: { force: false },
    checks: [],
  });
}

function exited(
  state: LivingMachine,
  { exit, ...seen }: Extract<MachineEvent, { type: 'MachineExited' }>['data'],
) {
  return exit.restarting
    ? observed(state, seen, 'restarting', AT_REST)
    : observed(state, seen, 'stopped', { ...AT_REST, desired: 'stopped' });
}

function destroyed({ machine, app, organization, name }: LivingMachine): MachineState {
  return { status: 'destroyed', machine, app, organization, name };
}

/** A new wish, on the way to which the machine has `status`. */
const wished = (state: LivingMachine, status: LivingStatus, change: Partial<Machine>): LivingMachine =>
  becomes(state, status, { ...change, wish: state.wish + 1 });

/** What a host saw: it changes the status unless more has been asked for since. */
const observed = (
  state: LivingMachine,
  seen: Observed,
  status: LivingStatus,
  change: Partial<Machine>,
): LivingMachine =>
  isNewest(state, seen) && state.status !== 'destroying' ? becomes(state, status, change) : state;

/** In the new status, without what only the old one had. */
function becomes(state: LivingMachine, status: LivingStatus, change: Partial<Machine>): LivingMachine {
  if (state.status !== 'failed') return { ...state, ...change, status };
  const { code: _code, message: _message, ...machine } = state;
  return { ...machine, ...change, status };
}

const isNewest = (state: Machine, { generation, instance, wish }: Observed): boolean =>
  state.placement !== null &&
  compareGenerations(state.placement.generation, generation) === 0 &&
  state.instance === instance &&
  state.wish === wish;

import { never, Refusal } from '../decider.js';
import { compareGenerations } from '../placement/generation.js';
import type { MachineCommand, MachineRequest, MachineSteering } from './commands.js';
import type { MachineEvent } from './events.js';
import { decideObservation } from './observe.js';
import { isLiving, isResting, type LivingMachine, type MachineState } from './state.js';

export function decideMachine(command: MachineCommand, state: MachineState): readonly MachineEvent[] {
  switch (command.type) {
    case 'observe':
      return decideObservation(command, state);
    case 'create':
    case 'place':
    case 'lose-host':
    case 'return-host':
    case 'abandon':
      return decideSteering(command, state);
    default:
      return decideRequest(command, state);
  }
}

function decideSteering(command: MachineSteering, state: MachineState): readonly MachineEvent[] {
  if (command.type === 'create') {
    const { type: _, ...data } = command;
    if (state.status !== 'absent')
      throw new Refusal(
        'already_exists',
        `already_exists: machine ID ${command.machine} already exists`,
        409,
      );
    return [{ type: 'MachineCreated', data }];
  }
  if (!isLiving(state)) return [];
  switch (command.type) {
    case 'place': {
      const { type: _, ...data } = command;
      if (state.placement && compareGenerations(data.generation, state.placement.generation) <= 0)
        throw new Refusal('stale_generation', `machine ${state.machine} has a newer placement`, 409);
      return [{ type: 'MachinePlaced', data }];
    }
    case 'lose-host':
      return state.placement?.host === command.host && !state.hostLost
        ? [{ type: 'MachineHostLost', data: { host: command.host } }]
        : [];
    case 'return-host':
      return state.placement?.host === command.host && state.hostLost
        ? [{ type: 'MachineHostReturned', data: { host: command.host } }]
        : [];
    case 'abandon':
      return state.status === 'destroying' && state.hostLost ? [{ type: 'MachineDestroyed', data: {} }] : [];
    default:
      return never(command);
  }
}

function decideRequest(request: MachineRequest, state: MachineState): readonly MachineEvent[] {
  if (!isLiving(state)) {
    if (state.status === 'destroyed' && request.type === 'destroy') return [];
    throw new Refusal('not_found', 'machine not found', 404);
  }
  if (state.status === 'destroying') {
    if (request.type === 'destroy') return [];
    throw cannot(request, state);
  }
  switch (request.type) {
    case 'start':
      return start(state);
    case 'stop':
      return stop(request, state);
    case 'restart':
      return restart(request, state);
    case 'suspend':
      return suspend(state);
    case 'signal':
      return whileStarted(request, state, { type: 'MachineSignalled', data: { signal: request.signal } });
    case 'execute': {
      const { type: _, ...data } = request;
      return whileStarted(request, state, { type: 'MachineCommandExecuted', data });
    }
    case 'cordon':
      return state.cordoned ? [] : [{ type: 'MachineCordoned', data: {} }];
    case 'uncordon':
      return state.cordoned ? [{ type: 'MachineUncordoned', data: {} }] : [];
    case 'destroy':
      return destroy(request, state);
    case 'set-metadata':
      return isSameRecord(state.config.metadata ?? {}, request.metadata)
        ? []
        : [{ type: 'MachineMetadataChanged', data: { metadata: request.metadata } }];
    case 'update':
      return update(request, state);
    default:
      return never(request);
  }
}

function start(state: LivingMachine): readonly MachineEvent[] {
  switch (state.status) {
    case 'starting':
    case 'started':
    case 'restarting':
      return [];
    case 'creating':
    case 'created':
    case 'stopped':
    case 'suspended':
    case 'failed':
      assertHostIsThere(state);
      return [{ type: 'MachineStartRequested', data: {} }];
    case 'updating':
      throw new Refusal(
        'failed_precondition',
        'failed_precondition: machine getting replaced, refusing to start',
        412,
      );
    case 'stopping':
    case 'suspending':
    case 'destroying':
      throw cannot({ type: 'start' }, state);
    default:
      return never(state);
  }
}

function stop(
  request: Extract<MachineRequest, { type: 'stop' }>,
  state: LivingMachine,
): readonly MachineEvent[] {
  const { type: _, ...data } = request;
  switch (state.status) {
    case 'created':
    case 'stopped':
    case 'stopping':
    case 'failed':
      return [];
    case 'creating':
    case 'starting':
    case 'started':
    case 'restarting':
    case 'suspending':
    case 'suspended':
    case 'updating':
      return [{ type: 'MachineStopRequested', data }];
    case 'destroying':
      throw cannot(request, state);
    default:
      return never(state);
  }
}

function restart(
  request: Extract<MachineRequest, { type: 'restart' }>,
  state: LivingMachine,
): readonly MachineEvent[] {
  if (state.status !== 'started' && state.status !== 'starting' && state.status !== 'restarting')
    throw cannot(request, state);
  assertHostIsThere(state);
  const { type: _, ...data } = request;
  return [{ type: 'MachineRestartRequested', data: { ...data, count: state.restarts + 1 } }];
}

function suspend(state: LivingMachine): readonly MachineEvent[] {
  if (state.status === 'suspended' || state.status === 'suspending') return [];
  return whileStarted({ type: 'suspend' }, state, { type: 'MachineSuspendRequested', data: {} });
}

function destroy({ force }: { readonly force: boolean }, state: LivingMachine): readonly MachineEvent[] {
  if (!force && !isResting(state.status))
    throw new Refusal(
      'failed_precondition',
      `failed_precondition: unable to destroy machine, not currently stopped or suspended but '${state.status}': ` +
        'stop it first, or destroy it with force',
      412,
    );
  const requested: MachineEvent = { type: 'MachineDestroyRequested', data: { force, reason: 'user' } };
  const isNowhere = state.placement === null || state.hostLost;
  return isNowhere ? [requested, { type: 'MachineDestroyed', data: {} }] : [requested];
}

function update(
  request: Extract<MachineRequest, { type: 'update' }>,
  state: LivingMachine,
): readonly MachineEvent[] {
  const { instance, config, launch, current } = request;
  if (current !== undefined && current !== state.instance)
    throw new Refusal(
      'failed_precondition',
      `failed_precondition: machine ${state.machine} is at version ${state.instance}, not ${current}`,
      412,
      { version: state.instance },
    );
  assertHostIsThere(state);
  const runs = state.desired === 'started' && state.status !== 'failed';
  return [{ type: 'MachineUpdated', data: { instance, config, launch: launch && runs } }];
}

function whileStarted(
  request: MachineRequest,
  state: LivingMachine,
  event: MachineEvent,
): readonly MachineEvent[] {
  if (state.status !== 'started') throw cannot(request, state);
  assertHostIsThere(state);
  return [event];
}

function assertHostIsThere(state: LivingMachine): void {
  if (!state.hostLost) return;
  throw new Refusal(
    'host_unreachable',
    `failed_precondition: the host of machine ${state.machine} is unreachable; wait for it, or replace the machine`,
    412,
  );
}

const cannot = (request: MachineRequest, state: LivingMachine) =>
  new Refusal(
    'failed_precondition',
    `failed_precondition: unable to ${VERBS[request.type]} machine from current state: '${state.status}'`,
    412,
  );

const VERBS: Readonly<Record<MachineRequest['type'], string>> = {
  start: 'start',
  stop: 'stop',
  restart: 'restart',
  suspend: 'suspend',
  signal: 'signal',
  cordon: 'cordon',
  uncordon: 'uncordon',
  destroy: 'destroy',
  'set-metadata': 'change metadata of',
  execute: 'execute on',
  update: 'update',
};

const isSameRecord = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([key, value]) => b[key] === value);

import { describe, expect, it } from '@jest/globals';
import { given } from '@bulkhead/testing/given';
import { fold } from '../decider.js';
import type { AppId, HostId, InstanceId, MachineId, OrganizationId } from '../ids.js';
import { plain } from '../sealed.js';
import { isHealthy, isLiving, machineAggregate as machine } from './index.js';
import type {
  ExitRecord,
  MachineCommand,
  MachineConfig,
  MachineEvent,
  MachineObservation,
  MachineState,
} from './index.js';

const host = 'host_a' as HostId;
const first = '01J00000000000000000000001' as InstanceId;
const second = '01J00000000000000000000002' as InstanceId;
const config: MachineConfig = { image: 'app:1', guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 } };
const generation = { epoch: 10, count: 1 };

const create = (over: { launch?: boolean; config?: MachineConfig } = {}) => ({
  machine: '0000000000000a' as MachineId,
  app: 'app_x' as AppId,
  appName: 'shop',
  organization: 'org_x' as OrganizationId,
  name: 'calm-pier',
  region: 'fra',
  instance: first,
  config,
  launch: true,
  cordoned: false,
  ...over,
});
const created = (over: { launch?: boolean; config?: MachineConfig } = {}): MachineEvent => ({
  type: 'MachineCreated',
  data: create(over),
});
const place = {
  host,
  region: 'fra',
  generation,
  networkId: 7,
  address: plain('fdaa::2'),
  reason: 'created' as const,
};
const placed: MachineEvent = { type: 'MachinePlaced', data: place };
const by = (wish: number, instance = first) => ({ generation, instance, wish });
const reach = { kind: 'direct' } as const;
const started = (wish = 1, instance = first): MachineEvent => ({
  type: 'MachineStarted',
  data: { ...by(wish, instance), reach, imageDigest: 'sha256:1' },
});
const stopped = (wish: number): MachineEvent => ({ type: 'MachineStopped', data: by(wish) });
const stopRequested: MachineEvent = { type: 'MachineStopRequested', data: {} };
const exit = (over: Partial<ExitRecord> = {}): ExitRecord => ({
  exit_code: 0,
  guest_signal: 0,
  oom_killed: false,
  requested_stop: false,
  restarting: false,
  restart_count: 0,
  exited_at: '2026-01-01T00:00:00.000Z',
  ...over,
});
const exited = (wish: number, over: Partial<ExitRecord> = {}): MachineEvent => ({
  type: 'MachineExited',
  data: { ...by(wish), exit: exit(over) },
});

const observe = (seen: MachineObservation, from = host): MachineCommand => ({
  type: 'observe',
  host: from,
  seen,
});
const state = (...events: MachineEvent[]): MachineState => fold(machine, events);
const statusAfter = (...events: MachineEvent[]) => state(...events).status;

describe('a machine that is created', () => {
  it('starts where it was placed', () => {
    given(machine)
      .when({ type: 'create', ...create() })
      .then(created());
    expect(statusAfter(created())).toBe('creating');
    expect(statusAfter(created(), placed)).toBe('starting');
    expect(statusAfter(created(), placed, started())).toBe('started');
  });

  it('waits as created where its launch is skipped, and starts when asked', () => {
    const skipped = created({ launch: false });
    expect(statusAfter(skipped, placed)).toBe('created');
    given(machine, skipped, placed).when({ type: 'start' }).then({ type: 'MachineStartRequested', data: {} });
  });

  it('is created once', () => {
    given(machine, created())
      .when({ type: 'create', ...create() })
      .thenRefused('already_exists', 409);
  });
});

describe('starting and stopping', () => {
  it('asks for nothing that is so already', () => {
    given(machine, created(), placed, started()).when({ type: 'start' }).thenNothing();
    given(machine, created({ launch: false }), placed)
      .when({ type: 'stop' })
      .thenNothing();
  });

  it('stops with the signal and the timeout asked for', () => {
    given(machine, created(), placed, started())
      .when({ type: 'stop', signal: 'SIGINT', timeoutMs: 500 })
      .then({ type: 'MachineStopRequested', data: { signal: 'SIGINT', timeoutMs: 500 } });
    expect(statusAfter(created(), placed, started(), stopRequested)).toBe('stopping');
    expect(statusAfter(created(), placed, started(), stopRequested, exited(2))).toBe('stopped');
  });

  it('does not start a machine that is on its way down', () => {
    const refusal = given(machine, created(), placed, started(), stopRequested)
      .when({ type: 'start' })
      .thenRefused('failed_precondition', 412);
    expect(refusal?.message).toBe(
      "failed_precondition: unable to start machine from current state: 'stopping'",
    );
  });

  it('keeps the newer wish when a host reports on an older one', () => {
    expect(statusAfter(created(), placed, stopRequested, started(1))).toBe('stopping');
    expect(statusAfter(created(), placed, stopRequested, started(1), stopped(2))).toBe('stopped');
  });

  it('restarts only what runs, and counts it', () => {
    given(machine, created(), placed, started())
      .when({ type: 'restart', force: false })
      .then({ type: 'MachineRestartRequested', data: { force: false, count: 1 } });
    given(machine, created({ launch: false }), placed)
      .when({ type: 'restart', force: false })
      .thenRefused('failed_precondition', 412);
  });

  it('suspends and resumes', () => {
    const suspending: MachineEvent = { type: 'MachineSuspendRequested', data: {} };
    const suspended: MachineEvent = { type: 'MachineSuspended', data: by(2) };
    expect(statusAfter(created(), placed, started(), suspending)).toBe('suspending');
    expect(statusAfter(created(), placed, started(), suspending, suspended)).toBe('suspended');
    given(machine, created(), placed, started(), suspending, suspended)
      .when({ type: 'start' })
      .then({ type: 'MachineStartRequested', data: {} });
  });
});

describe('an exit', () => {
  it('leads back to started where the host restarts it', () => {
    expect(statusAfter(created(), placed, started(), exited(1, { restarting: true }))).toBe('restarting');
    expect(statusAfter(created(), placed, started(), exited(1, { restarting: true }), started())).toBe(
      'started',
    );
  });

  it('leaves it stopped where it does not, and so is it wanted', () => {
    expect(state(created(), placed, started(), exited(1))).toMatchObject({
      status: 'stopped',
      desired: 'stopped',
    });
  });

  it('destroys a machine that is to destroy itself', () => {
    const auto = created({ config: { ...config, auto_destroy: true } });
    given(machine, auto, placed, started())
      .when(observe({ kind: 'exited', ...by(1), exit: exit() }))
      .then(exited(1), { type: 'MachineDestroyRequested', data: { force: false, reason: 'auto_destroy' } });
  });

  it('does not destroy it before it ever ran', () => {
    const auto = created({ launch: false, config: { ...config, auto_destroy: true } });
    given(machine, auto, placed)
      .when(observe({ kind: 'stopped', ...by(1) }))
      .thenNothing();
  });
});

describe('what a host reports', () => {
  it('counts only from the host of the newest placement', () => {
    const seen: MachineObservation = { kind: 'stopped', ...by(1) };
    given(machine, created(), placed)
      .when(observe(seen, 'host_b' as HostId))
      .thenNothing();
    const again: MachineEvent = {
      type: 'MachinePlaced',
      data: { ...place, generation: { epoch: 10, count: 2 }, reason: 'host_lost' },
    };
    given(machine, created(), placed, again).when(observe(seen)).thenNothing();
  });

  it('is no news where a whole state repeats it', () => {
    const seen: MachineObservation = {
      kind: 'surveyed',
      state: 'started',
      ...by(1),
      reach,
      imageDigest: 'sha256:1',
    };
    given(machine, created(), placed, started()).when(observe(seen)).thenNothing();
    given(machine, created(), placed).when(observe(seen)).then(started());
  });

  it('is no event where a check says the same again', () => {
    const check = { name: 'servicecheck-00', status: 'passing' as const, output: 'a', updated_at: '' };
    const checks: MachineEvent = { type: 'MachineChecksChanged', data: { ...by(1), checks: [check] } };
    given(machine, created(), placed, started(), checks)
      .when(observe({ kind: 'checks', ...by(1), checks: [{ ...check, output: 'b' }] }))
      .thenNothing();
  });

  it('decides with the checks of its services whether it is healthy', () => {
    const withCheck: MachineConfig = {
      ...config,
      services: [{ protocol: 'tcp', internal_port: 80, checks: [{ type: 'tcp' }] }],
    };
    const health = (...events: MachineEvent[]) => {
      const now = state(created({ config: withCheck }), placed, started(), ...events);
      return isLiving(now) && isHealthy(now);
    };
    const result = (status: 'passing' | 'critical'): MachineEvent => ({
      type: 'MachineChecksChanged',
      data: { ...by(1), checks: [{ name: 'servicecheck-00-tcp-80', status, output: '', updated_at: '' }] },
    });
    expect(health()).toBe(false);
    expect(health(result('passing'))).toBe(true);
    expect(health(result('passing'), result('critical'))).toBe(false);
  });

  it('makes a start that failed a failed machine, which can be started again', () => {
    const failed: MachineEvent = {
      type: 'MachineFailed',
      data: { ...by(1), code: 'image_not_found', message: '?' },
    };
    expect(state(created(), placed, failed)).toMatchObject({ status: 'failed', code: 'image_not_found' });
    const restarted = state(created(), placed, failed, { type: 'MachineStartRequested', data: {} });
    expect(restarted).toMatchObject({ status: 'starting' });
    expect(restarted).not.toHaveProperty('code');
  });
});

describe('an update', () => {
  const update = { type: 'update' as const, instance: second, config, launch: true };
  const updated = (launch: boolean): MachineEvent => ({
    type: 'MachineUpdated',
    data: { instance: second, config, launch },
  });

  it('gives a new instance that starts if the machine ran', () => {
    given(machine, created(), placed, started()).when(update).then(updated(true));
    given(machine, created(), placed, started(), exited(1)).when(update).then(updated(false));
    expect(statusAfter(created(), placed, started(), updated(true))).toBe('updating');
    expect(statusAfter(created(), placed, started(), updated(true), exited(1))).toBe('updating');
    expect(statusAfter(created(), placed, started(), updated(true), started(2, second))).toBe('started');
    expect(statusAfter(created(), placed, started(), exited(1), updated(false))).toBe('stopped');
  });

  it('refuses to change a version that is not the current one', () => {
    given(machine, created(), placed)
      .when({ ...update, current: second })
      .thenRefused('failed_precondition', 412);
  });

  it('lets nobody start it meanwhile', () => {
    const refusal = given(machine, created(), placed, started(), updated(true))
      .when({ type: 'start' })
      .thenRefused('failed_precondition', 412);
    expect(refusal?.message).toBe('failed_precondition: machine getting replaced, refusing to start');
  });
});

describe('destroying', () => {
  const requested = (force: boolean): MachineEvent => ({
    type: 'MachineDestroyRequested',
    data: { force, reason: 'user' },
  });

  it('needs a machine at rest, or force', () => {
    given(machine, created(), placed, started())
      .when({ type: 'destroy', force: false })
      .thenRefused('failed_precondition', 412);
    given(machine, created(), placed, started()).when({ type: 'destroy', force: true }).then(requested(true));
    given(machine, created(), placed, started(), exited(1))
      .when({ type: 'destroy', force: false })
      .then(requested(false));
  });

  it('is done when the host says so, and keeps the events of the exit before', () => {
    const history = [created(), placed, started(), requested(true)];
    given(machine, ...history)
      .when(observe({ kind: 'exited', ...by(1), exit: exit() }))
      .then(exited(1));
    given(machine, ...history)
      .when(observe({ kind: 'destroyed', ...by(2) }))
      .then({ type: 'MachineDestroyed', data: {} });
    given(machine, ...history)
      .when(observe({ kind: 'missing' }))
      .then({ type: 'MachineDestroyed', data: {} });
    expect(statusAfter(...history, { type: 'MachineDestroyed', data: {} })).toBe('destroyed');
  });

  it('does not wait for a host that is lost', () => {
    const lost: MachineEvent = { type: 'MachineHostLost', data: { host } };
    given(machine, created(), placed, started(), lost)
      .when({ type: 'destroy', force: true })
      .then(requested(true), { type: 'MachineDestroyed', data: {} });
  });

  it('leaves nothing to be asked of it', () => {
    const gone: MachineEvent[] = [created(), placed, requested(true), { type: 'MachineDestroyed', data: {} }];
    given(machine, ...gone)
      .when({ type: 'start' })
      .thenRefused('not_found', 404);
    given(machine, ...gone)
      .when({ type: 'destroy', force: false })
      .thenNothing();
  });
});

describe('a lost host', () => {
  const lost: MachineEvent = { type: 'MachineHostLost', data: { host } };

  it('is told once, and its return too', () => {
    given(machine, created(), placed).when({ type: 'lose-host', host }).then(lost);
    given(machine, created(), placed, lost).when({ type: 'lose-host', host }).thenNothing();
    given(machine, created(), placed, lost)
      .when({ type: 'return-host', host })
      .then({ type: 'MachineHostReturned', data: { host } });
  });

  it('refuses what only it could do', () => {
    given(machine, created(), placed, started(), lost)
      .when({ type: 'signal', signal: 'SIGHUP' })
      .thenRefused('host_unreachable', 412);
  });

  it('is left for a newer placement, where what ran starts again', () => {
    const newer = {
      ...place,
      host: 'host_b' as HostId,
      generation: { epoch: 10, count: 2 },
      reason: 'host_lost' as const,
    };
    given(machine, created(), placed, started(), lost)
      .when({ type: 'place', ...newer })
      .then({ type: 'MachinePlaced', data: newer });
    expect(state(created(), placed, started(), lost, { type: 'MachinePlaced', data: newer })).toMatchObject({
      status: 'starting',
      hostLost: false,
    });
    given(machine, created(), placed, started(), lost)
      .when({ type: 'place', ...newer, generation })
      .thenRefused('stale_generation', 409);
  });
});

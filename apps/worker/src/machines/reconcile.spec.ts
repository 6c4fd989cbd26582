import type { HostMachineRow } from '@bulkhead/contracts';
import type { AppId, InstanceId, MachineId, OrganizationId } from '@bulkhead/domain';
import fc from 'fast-check';
import type { LocalMachine } from './local-machine.js';
import { nextStep } from './reconcile.js';

const machine = '0123456789abcd' as MachineId;
const instance = '01ARZ3NDEKTSV4RRFFQ69G5FAV' as InstanceId;
const newInstance = '01BX5ZZKBKACTAV9WEVGEMMVRZ' as InstanceId;
const generation = { epoch: 1, count: 1 };

const want = (change: Partial<HostMachineRow> = {}): HostMachineRow => ({
  machine,
  machineName: 'm',
  app: 'app_01arz3ndektsv4rrffq69g5fav' as AppId,
  appName: 'a',
  organization: 'org_01arz3ndektsv4rrffq69g5fav' as OrganizationId,
  region: 'local',
  generation,
  instance,
  desired: 'started',
  wish: 1,
  stop: { force: false },
  networkId: 1,
  sealed: '',
  ...change,
});
const answer = { machine, generation, instance, wish: 1 };
const running: LocalMachine = {
  ...answer,
  phase: 'running',
  restarts: 0,
  startedAtMs: 0,
  reach: { kind: 'direct' },
  imageDigest: 'sha256:0',
  checks: [],
};
const stopped: LocalMachine = { ...answer, phase: 'stopped' };
const suspended: LocalMachine = { ...answer, phase: 'suspended' };
const failed: LocalMachine = { ...answer, phase: 'failed', code: 'image_not_found', message: '' };
const backingOff: LocalMachine = { ...answer, phase: 'backing-off', restarts: 2, retryAtMs: 500 };
const older = { generation: { epoch: 1, count: 0 } };
const newer = { generation: { epoch: 2, count: 0 } };

describe('nextStep', () => {
  it.each<[string, HostMachineRow | null, LocalMachine | null, object]>([
    ['starts what is new', want(), null, { step: 'start', restarts: 0 }],
    ['leaves what runs', want(), running, { step: 'nothing' }],
    ['restarts on a newer wish', want({ wish: 2 }), running, { step: 'stop', force: false }],
    [
      'replaces another instance',
      want({ instance: newInstance, wish: 2 }),
      running,
      { step: 'stop', force: false },
    ],
    ['does not start again what ended by itself', want(), stopped, { step: 'nothing' }],
    ['starts what was stopped on a newer wish', want({ wish: 2 }), stopped, { step: 'start', restarts: 0 }],
    ['tries a failed machine again only on a newer wish', want(), failed, { step: 'nothing' }],
    [
      'tries a failed machine again on a newer wish',
      want({ wish: 2 }),
      failed,
      { step: 'start', restarts: 0 },
    ],
    ['waits for the back-off', want(), backingOff, { step: 'wait', untilMs: 500 }],
    ['stops what runs', want({ desired: 'stopped', wish: 2 }), running, { step: 'stop', force: false }],
    ['answers a stop of what is stopped', want({ desired: 'stopped', wish: 2 }), stopped, { step: 'answer' }],
    [
      'answers a stop during a back-off',
      want({ desired: 'stopped', wish: 2 }),
      backingOff,
      { step: 'answer' },
    ],
    ['says nothing twice', want({ desired: 'stopped' }), stopped, { step: 'nothing' }],
    ['suspends what runs', want({ desired: 'suspended', wish: 2 }), running, { step: 'suspend' }],
    ['resumes on a newer wish', want({ wish: 2 }), suspended, { step: 'resume' }],
    [
      'starts cold after an update of a suspended machine',
      want({ instance: newInstance, wish: 2 }),
      suspended,
      { step: 'start', restarts: 0 },
    ],
    ['answers for a machine that was never started', want({ desired: 'stopped' }), null, { step: 'answer' }],
    ['stops before removing', want({ desired: 'destroyed' }), running, { step: 'stop', force: false }],
    ['removes what is stopped', want({ desired: 'destroyed' }), stopped, { step: 'remove' }],
    ['confirms the removal of what was never here', want({ desired: 'destroyed' }), null, { step: 'remove' }],
    ['kills what is no longer its own', null, running, { step: 'stop', force: true }],
    ['forgets what is no longer its own', null, stopped, { step: 'remove' }],
    ['kills an older generation', want(newer), running, { step: 'stop', force: true }],
    ['starts a newer generation', want(newer), stopped, { step: 'start', restarts: 0 }],
    [
      'refuses an older generation than it has seen',
      want({ ...older, wish: 9 }),
      stopped,
      { step: 'nothing' },
    ],
  ])('%s', (_, desired, local, step) => {
    expect(nextStep(desired, local, 100)).toEqual(step);
  });

  it('starts again when the back-off is over', () => {
    expect(nextStep(want(), backingOff, 500)).toEqual({ step: 'start', restarts: 3 });
  });

  it('comes to rest whatever is wished and whatever is there', () => {
    const desired = fc.record({
      desired: fc.constantFrom('started', 'stopped', 'suspended', 'destroyed') as fc.Arbitrary<
        HostMachineRow['desired']
      >,
      wish: fc.integer({ min: 0, max: 3 }),
      instance: fc.constantFrom(instance, newInstance),
      generation: fc.constantFrom(generation, older.generation, newer.generation),
    });
    const local = fc.constantFrom(null, running, stopped, suspended, failed, backingOff);
    fc.assert(
      fc.property(fc.option(desired), local, (row, start) => {
        const wished = row ? want(row) : null;
        let now: LocalMachine | null = start;
        for (let steps = 0; steps < 6; steps += 1) {
          const step = nextStep(wished, now, 1_000);
          if (step.step === 'nothing' || step.step === 'wait') return;
          if (step.step === 'remove' && wished?.desired === 'destroyed') return;
          now = carryOut(step.step, wished, now);
        }
        throw new Error('never came to rest');
      }),
    );
  });
});

function carryOut(
  step: 'start' | 'resume' | 'suspend' | 'stop' | 'answer' | 'remove',
  desired: HostMachineRow | null,
  local: LocalMachine | null,
): LocalMachine | null {
  const now = desired
    ? { machine, generation: desired.generation, instance: desired.instance, wish: desired.wish }
    : answer;
  switch (step) {
    case 'start':
    case 'resume':
      return { ...running, ...now };
    case 'suspend':
      return { ...suspended, ...now };
    case 'answer':
      return local?.phase === 'suspended' && desired?.desired === 'suspended'
        ? { ...suspended, ...now }
        : { ...stopped, ...now };
    case 'stop':
      return local
        ? {
            machine,
            generation: local.generation,
            instance: local.instance,
            wish: local.wish,
            phase: 'stopped',
          }
        : null;
    case 'remove':
      return null;
  }
}

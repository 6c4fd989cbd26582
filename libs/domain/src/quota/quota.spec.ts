import { describe, expect, it } from '@jest/globals';
import { given } from '@bulkhead/testing/given';
import fc from 'fast-check';
import { Refusal } from '../decider.js';
import type { AppId, MachineId, OrganizationId } from '../ids.js';
import { quotaAggregate as quota, quotaUsage } from './index.js';
import type { QuotaCommand, QuotaEvent, QuotaState } from './index.js';

const organization = 'org_x' as OrganizationId;
const machine = (n: number) => `0000000000000${n}` as MachineId;
const limits = { apps: 2, machines: 3, cpus: 8, memoryMb: 2048 };
const limited: QuotaEvent = { type: 'QuotaSet', data: { organization, limits } };
const taken = (n: number, cpus: number, memoryMb: number): QuotaEvent => ({
  type: 'QuotaTaken',
  data: { organization, machine: machine(n), cpus, memoryMb },
});

describe('a quota', () => {
  it('is finite before anybody sets it', () => {
    for (const limit of Object.values(quota.initial.limits)) expect(Number.isFinite(limit)).toBe(true);
  });

  it('is refused by its name, with the numbers', () => {
    const refusal = given(quota, limited, taken(1, 2, 2000))
      .when({ type: 'take', organization, machine: machine(2), cpus: 1, memoryMb: 256 })
      .thenRefused('quota_exceeded', 403);
    expect(refusal?.details).toEqual({ quota: 'memoryMb', limit: 2048, used: 2000, asked: 256 });
  });

  it('counts a machine that changes once', () => {
    given(quota, limited, taken(1, 2, 2000))
      .when({ type: 'take', organization, machine: machine(1), cpus: 2, memoryMb: 2048 })
      .then(taken(1, 2, 2048));
  });

  it('lets what is above a lowered limit shrink', () => {
    const lowered: QuotaEvent = {
      type: 'QuotaSet',
      data: { organization, limits: { ...limits, memoryMb: 512 } },
    };
    given(quota, limited, taken(1, 2, 2000), lowered)
      .when({ type: 'take', organization, machine: machine(1), cpus: 2, memoryMb: 1000 })
      .then(taken(1, 2, 1000));
  });

  it('is never exceeded, whatever is taken and released in whatever order', () => {
    const anyMachine = fc.integer({ min: 1, max: 6 }).map(machine);
    const anyApp = fc.constantFrom('app_a', 'app_b', 'app_c').map((id) => id as AppId);
    const command: fc.Arbitrary<QuotaCommand> = fc.oneof(
      fc.record({
        type: fc.constant('take' as const),
        organization: fc.constant(organization),
        machine: anyMachine,
        cpus: fc.integer({ min: 0, max: 9 }),
        memoryMb: fc.integer({ min: 0, max: 2100 }),
      }),
      fc.record({
        type: fc.constant('release' as const),
        organization: fc.constant(organization),
        machine: anyMachine,
      }),
      fc.record({
        type: fc.constant('take-app' as const),
        organization: fc.constant(organization),
        app: anyApp,
      }),
      fc.record({
        type: fc.constant('release-app' as const),
        organization: fc.constant(organization),
        app: anyApp,
      }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        let state: QuotaState = quota.evolve(quota.initial, limited);
        for (const each of commands) {
          state = decideOrNothing(each, state).reduce(quota.evolve, state);
          const usage = quotaUsage(state);
          for (const name of ['apps', 'machines', 'cpus', 'memoryMb'] as const)
            expect(usage[name]).toBeLessThanOrEqual(limits[name]);
        }
      }),
    );
  });

  function decideOrNothing(each: QuotaCommand, state: QuotaState): readonly QuotaEvent[] {
    try {
      return quota.decide(each, state);
    } catch (error) {
      if (error instanceof Refusal) return [];
      throw error;
    }
  }
});

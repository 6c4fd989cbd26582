import { describe, expect, it } from '@jest/globals';
import { given } from '@bulkhead/testing/given';
import fc from 'fast-check';
import { Refusal } from '../decider.js';
import type { HostId, MachineId } from '../ids.js';
import { hostAggregate as host, isJoined, usedOf } from './index.js';
import type { HostCommand, HostEvent, HostState } from './index.js';

const join = {
  host: 'host_a' as HostId,
  name: 'worker-1',
  region: 'fra',
  labels: { disk: 'ssd' },
  capacity: { cpus: 2, memoryMb: 1024, diskMb: 4096 },
  forward: null,
  number: 1,
  sealingKey: 'a',
};
const joined: HostEvent = { type: 'HostJoined', data: join };
const machine = (n: number) => `0000000000000${n}` as MachineId;
const small = { cpus: 1 / 16, memoryMb: 256, diskMb: 256 };
const taken = (n: number, slot: number, resources = small): HostEvent => ({
  type: 'CapacityTaken',
  data: { machine: machine(n), resources, slot },
});

describe('a host', () => {
  it('joins once and is never taken back once removed', () => {
    given(host)
      .when({ type: 'join', ...join })
      .then(joined);
    given(host, joined)
      .when({ type: 'join', ...join })
      .thenRefused('already_exists', 409);
    given(host, joined, { type: 'HostRemoved', data: {} })
      .when({ type: 'join', ...join })
      .thenRefused('host_removed', 403);
  });

  it('gives each machine a slot that no other machine had', () => {
    given(host, joined, taken(1, 1), { type: 'CapacityReleased', data: { machine: machine(1), slot: 1 } })
      .when({ type: 'take', machine: machine(2), resources: small })
      .then(taken(2, 2));
  });

  it('lets a machine grow in place, on its slot', () => {
    const grown = { ...small, memoryMb: 1024 };
    given(host, joined, taken(1, 1))
      .when({ type: 'take', machine: machine(1), resources: grown })
      .then(taken(1, 1, grown));
  });

  it('names the resource that is short', () => {
    const refusal = given(host, joined)
      .when({ type: 'take', machine: machine(1), resources: { ...small, memoryMb: 2048 } })
      .thenRefused('insufficient_capacity', 409);
    expect(refusal?.message).toContain('insufficient memoryMb on host worker-1 (fra): 2048 asked, 1024 free');
  });

  it('takes nobody new while cordoned or lost', () => {
    const take: HostCommand = { type: 'take', machine: machine(1), resources: small };
    given(host, joined, { type: 'HostCordoned', data: { reason: 'disk' } })
      .when(take)
      .thenRefused('insufficient_capacity', 409);
    given(host, joined, { type: 'HostLost', data: { lastSeen: '' } })
      .when(take)
      .thenRefused('insufficient_capacity', 409);
  });

  it('is removed only when empty', () => {
    given(host, joined, taken(1, 1)).when({ type: 'remove' }).thenRefused('host_in_use', 412);
    given(host, joined).when({ type: 'remove' }).then({ type: 'HostRemoved', data: {} });
  });

  it('reports a change only where there is one', () => {
    const { region, labels, capacity, forward } = join;
    given(host, joined).when({ type: 'change', region, labels, capacity, forward }).thenNothing();
  });
});

describe('whatever is asked of a host', () => {
  const resources = fc.record({
    cpus: fc.constantFrom(1 / 16, 0.5, 1, 2),
    memoryMb: fc.integer({ min: 0, max: 1200 }),
    diskMb: fc.integer({ min: 0, max: 5000 }),
  });
  const anyMachine = fc.integer({ min: 1, max: 6 }).map(machine);
  const command: fc.Arbitrary<HostCommand> = fc.oneof(
    fc.record({ type: fc.constant('take' as const), machine: anyMachine, resources }),
    fc.record({ type: fc.constant('release' as const), machine: anyMachine }),
    fc.constantFrom<HostCommand>(
      { type: 'uncordon' },
      { type: 'cordon', reason: '' },
      { type: 'return' },
      { type: 'lose', lastSeen: '' },
      { type: 'remove' },
      { type: 'join', ...join },
    ),
  );

  it('never holds more than it can carry, and never gives one slot to two machines', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const owners = new Map<number, string>();
        let state: HostState = host.evolve(host.initial, joined);
        for (const each of commands) {
          for (const event of decideOrNothing(each, state)) {
            state = host.evolve(state, event);
            if (event.type !== 'CapacityTaken') continue;
            expect(owners.get(event.data.slot) ?? event.data.machine).toBe(event.data.machine);
            owners.set(event.data.slot, event.data.machine);
          }
          if (!isJoined(state)) continue;
          const used = usedOf(state);
          expect(used.cpus).toBeLessThanOrEqual(state.capacity.cpus);
          expect(used.memoryMb).toBeLessThanOrEqual(state.capacity.memoryMb);
          expect(used.diskMb).toBeLessThanOrEqual(state.capacity.diskMb);
        }
      }),
    );
  });

  function decideOrNothing(each: HostCommand, state: HostState): readonly HostEvent[] {
    try {
      return host.decide(each, state);
    } catch (error) {
      if (error instanceof Refusal) return [];
      throw error;
    }
  }
});

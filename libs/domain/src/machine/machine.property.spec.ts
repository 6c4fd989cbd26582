import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Refusal } from '../decider.js';
import type { AppId, HostId, InstanceId, MachineId, OrganizationId } from '../ids.js';
import { plain } from '../sealed.js';
import { compareGenerations } from '../placement/generation.js';
import { isLiving, machineAggregate as machine } from './index.js';
import type {
  MachineCommand,
  MachineConfig,
  MachineEvent,
  MachineObservation,
  MachineState,
} from './index.js';

const config: MachineConfig = { image: 'app:1', guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 } };
const hosts = ['host_a', 'host_b'].map((id) => id as HostId);
const instances = ['01J00000000000000000000001', '01J00000000000000000000002'].map((id) => id as InstanceId);

const host = fc.constantFrom(...hosts);
const instance = fc.constantFrom(...instances);
const generation = fc.record({ epoch: fc.constantFrom(10, 20), count: fc.integer({ min: 1, max: 4 }) });
const observed = { generation, instance, wish: fc.integer({ min: 0, max: 8 }) };
const reach = fc.constant({ kind: 'direct' as const });
const exit = fc.record({
  exit_code: fc.nat(255),
  guest_signal: fc.nat(15),
  oom_killed: fc.boolean(),
  requested_stop: fc.boolean(),
  restarting: fc.boolean(),
  restart_count: fc.nat(9),
  exited_at: fc.constant('2026-01-01T00:00:00.000Z'),
});
const sort = <T extends string>(type: T) => fc.constant(type);

const seen: fc.Arbitrary<MachineObservation> = fc.oneof(
  fc.record({ kind: sort('started'), ...observed, reach, imageDigest: fc.constant('sha256:1') }),
  fc.record({ kind: sort('exited'), ...observed, exit }),
  fc.record({
    kind: fc.constantFrom('stopped' as const, 'suspended' as const, 'destroyed' as const),
    ...observed,
  }),
  fc.constant({ kind: 'missing' as const }),
  fc.record({ kind: sort('failed'), ...observed, code: fc.constant('x'), message: fc.string() }),
  fc.record({ kind: sort('checks'), ...observed, checks: fc.constant([]) }),
  fc.record({
    kind: sort('surveyed'),
    ...observed,
    state: fc.constantFrom('starting', 'started', 'stopped', 'suspended', 'failed'),
    reach,
    imageDigest: fc.constant('sha256:1'),
  }),
);

const command: fc.Arbitrary<MachineCommand> = fc.oneof(
  fc.record({ type: sort('observe'), host, seen }),
  fc.constantFrom<MachineCommand>(
    { type: 'start' },
    { type: 'stop' },
    { type: 'restart', force: false },
    { type: 'suspend' },
    { type: 'signal', signal: 'SIGHUP' },
    { type: 'cordon' },
    { type: 'uncordon' },
    { type: 'set-metadata', metadata: { a: 'b' } },
    { type: 'execute', command: plain(['true']) },
    { type: 'abandon' },
  ),
  fc.record({ type: sort('destroy'), force: fc.boolean() }),
  fc.record({ type: fc.constantFrom('lose-host' as const, 'return-host' as const), host }),
  fc.record({
    type: sort('update'),
    instance,
    config: fc.constantFrom(config, { ...config, auto_destroy: true }),
    launch: fc.boolean(),
  }),
  fc.record({
    type: sort('create'),
    machine: fc.constant('0000000000000a' as MachineId),
    app: fc.constant('app_x' as AppId),
    appName: fc.constant('shop'),
    organization: fc.constant('org_x' as OrganizationId),
    name: fc.constant('web'),
    region: fc.constant('fra'),
    instance,
    config: fc.constantFrom(config, { ...config, auto_destroy: true }),
    launch: fc.boolean(),
    cordoned: fc.boolean(),
  }),
  fc.record({
    type: sort('place'),
    host,
    region: fc.constant('fra'),
    generation,
    networkId: fc.constant(1),
    address: fc.constant(plain('fdaa::2')),
    reason: fc.constantFrom('created', 'host_lost', 'replaced', 'updated'),
  }),
);

describe('whatever is asked of a machine and reported on it', () => {
  it('is decided or refused, generations and wishes only grow, and the end is the end', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        let state: MachineState = machine.initial;
        for (const each of commands) {
          const next: MachineState = decideOrNothing(each, state).reduce(machine.evolve, state);
          if (state.status === 'destroyed') expect(next).toBe(state);
          if (isLiving(state) && isLiving(next)) {
            expect(next.wish).toBeGreaterThanOrEqual(state.wish);
            if (state.placement && next.placement && state.placement !== next.placement)
              expect(
                compareGenerations(next.placement.generation, state.placement.generation),
              ).toBeGreaterThan(0);
          }
          state = next;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('evolves from any state by any event that any other history led to', () => {
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 30 }),
        fc.array(command, { maxLength: 30 }),
        (one, another) => {
          const states = historyOf(one).states;
          for (const event of historyOf(another).events)
            for (const state of states) expect(() => machine.evolve(state, event)).not.toThrow();
        },
      ),
      { numRuns: 50 },
    );
  });

  function historyOf(commands: readonly MachineCommand[]) {
    const states: MachineState[] = [machine.initial];
    const events: MachineEvent[] = [];
    for (const each of commands)
      for (const event of decideOrNothing(each, states.at(-1) ?? machine.initial)) {
        events.push(event);
        states.push(machine.evolve(states.at(-1) ?? machine.initial, event));
      }
    return { states, events };
  }

  function decideOrNothing(each: MachineCommand, state: MachineState): readonly MachineEvent[] {
    try {
      return machine.decide(each, state);
    } catch (error) {
      if (error instanceof Refusal) return [];
      throw error;
    }
  }
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppId, MachineId } from '@bulkhead/domain';
import { compareGenerations } from '@bulkhead/domain';
import { newToken } from '@bulkhead/auth';
import { done, machineResult, type MachineResult } from '@bulkhead/contracts/commands/scheduler';
import type { SchedulerService } from '../service.js';
import { cleanExit, observed, TestHost } from '../testing/test-host.js';
import { World } from '../testing/world.js';

const HOST_LOST_AFTER_MS = 1_500;

let world: World;
let app: AppId;
let copy: SchedulerService;
let hosts: TestHost[];
/** Hosts that live. */
let beating: Set<TestHost>;
let heart: NodeJS.Timeout;
/** Ends once all heartbeats so far were answered. */
let beats: Promise<unknown>;
const operator = newToken();

beforeAll(async () => {
  world = await World.start();
  await world.allow(operator, { kind: 'platform' });
  app = await world.app('shop');
});
afterAll(() => world.stop());
beforeEach(async () => {
  copy = await world.scheduler({ hostLostAfterMs: HOST_LOST_AFTER_MS });
  hosts = await Promise.all(['a', 'b', 'c'].map((name) => TestHost.join(world, name)));
  beating = new Set(hosts);
  beats = Promise.resolve();
  heart = setInterval(
    () => (beats = Promise.allSettled([beats, ...[...beating].map((host) => host.heartbeat())])),
    200,
  );
});
/** Each test begins without the hosts of the last. */
afterEach(async () => {
  clearInterval(heart);
  await world.end(copy);
  await world.database.query(`update host set status = 'removed'`);
  await world.database.query('delete from placement');
});

const create = async (metadata: Record<string, string> = {}) => {
  const config = {
    image: 'registry.test/app:1',
    guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
    metadata,
  };
  const { result } = await world.command(
    'create-machine',
    { app, config, launch: true, cordoned: false },
    machineResult,
  );
  return result;
};
const hostOf = ({ host }: MachineResult): TestHost => {
  const found = hosts.find(({ id }) => id === host);
  if (!found) throw new Error(`${host} is none of the test's`);
  return found;
};
/** A heartbeat that is on its way would bring a lost host back. */
const fallSilent = (...silent: readonly TestHost[]): Promise<unknown> => {
  for (const host of silent) beating.delete(host);
  return beats;
};
/** The row of the host that a machine is placed on now, once that is another than `old`. */
const movedFrom = (old: TestHost, machine: MachineId) =>
  world.eventually(async () => {
    for (const host of hosts.filter((each) => each !== old)) {
      const row = await host.row(machine);
      if (row) return { host, row };
    }
    return null;
  });

describe('a host that falls silent', () => {
  it('loses its machines to others, and what it says of them later never happened', async () => {
    const machine = await create();
    const lost = hostOf(machine);
    const before = await world.eventually(() => lost.row(machine.machine));
    await fallSilent(lost);
    const { host, row } = await movedFrom(lost, machine.machine);
    expect(host).not.toBe(lost);
    expect(compareGenerations(row.generation, before.generation)).toBeGreaterThan(0);
    expect(row).toMatchObject({ desired: 'started' });
    expect(await lost.row(machine.machine)).toBeNull();

    await lost.report([{ kind: 'exited', ...observed(before), exit: cleanExit }]);
    beating.add(lost);
    await world.eventually(async () => (await world.eventsOf(`host/${lost.id}`)).includes('HostReturned'));
    expect(await world.eventsOf(`machine/${machine.machine}`)).toEqual([
      'MachineCreated',
      'MachinePlaced',
      'MachineHostLost',
      'MachinePlaced',
    ]);
  });

  it('keeps a machine that is never to be placed again by itself, until somebody says so', async () => {
    const stays = await create({ bulkhead_replace: 'never' });
    const lost = hostOf(stays);
    await fallSilent(lost);
    await world.eventually(async () =>
      (await world.eventsOf(`machine/${stays.machine}`)).includes('MachineHostLost'),
    );
    const goes = await create();
    expect(goes.host).not.toBe(lost.id);
    const stopped = world.command('start-machine', { app, machine: stays.machine }, machineResult);
    expect((await stopped).result).toMatchObject({ host: lost.id, hostStatus: 'unreachable' });

    const { result } = await world.command('replace-machine', { app, machine: stays.machine }, machineResult);
    expect(result.host).not.toBe(lost.id);
    expect(result).toMatchObject({ generation: { count: 2 }, hostStatus: 'ok' });
  });

  it('is waited for when more than half fall silent at once, unless an operator goes on', async () => {
    const machines = await Promise.all([create(), create(), create()]);
    const [first, second, third] = machines.map(hostOf);
    expect(new Set([first, second, third]).size).toBe(3);
    if (!first || !second) throw new Error('unreachable');
    await fallSilent(first, second);
    for (const { machine } of machines.slice(0, 2))
      await world.eventually(async () =>
        (await world.eventsOf(`machine/${machine}`)).includes('MachineHostLost'),
      );
    const placements = () => world.database.query('select machine, host from placement order by machine');
    const before = await placements();
    // Two more looks of the reconciler, each of which would place them again.
    const ticks = async () => Number((await silence(first))?.['silent_ms']);
    const seen = await ticks();
    await world.eventually(async () => (await ticks()) > seen + 2_000);
    expect(await placements()).toEqual(before);

    await world.command('release-hold', {}, done, { credential: operator });
    await world.eventually(async () => (await placements()).every(({ host }) => host === third?.id));
  });

  it('is lost once, whichever copy of the scheduler looks', async () => {
    const other = await world.scheduler({ hostLostAfterMs: HOST_LOST_AFTER_MS });
    const machine = await create();
    const lost = hostOf(machine);
    await fallSilent(lost);
    await world.end(copy);
    copy = other;
    await movedFrom(lost, machine.machine);
    expect(await world.eventsOf(`host/${lost.id}`)).toEqual(
      expect.arrayContaining(['HostJoined', 'CapacityTaken', 'HostLost', 'CapacityReleased']),
    );
    expect(
      (await world.eventsOf(`machine/${machine.machine}`)).filter((type) => type === 'MachinePlaced'),
    ).toHaveLength(2);
  });
});

const silence = async (host: TestHost) =>
  (await world.database.query('select silent_ms from heartbeat where host = $1', [host.id]))[0];

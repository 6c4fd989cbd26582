import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import { TestHost } from '../testing/test-host.js';
import { World } from '../testing/world.js';
import { keepAdopted } from './keep-adopted.js';

let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

it('writes down again what the tables of placement lost', async () => {
  const { scheduler } = await world.scheduler();
  const host = await TestHost.join(world, 'adopting');
  const config = { image: 'registry.test/app:1', guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 } };
  const { result } = await world.command(
    'create-machine',
    { app: await world.app('shop'), config, launch: true, cordoned: false },
    machineResult,
  );
  const tables = async () => [
    await world.database.query('select machine, host, epoch, count from placement'),
    await world.database.query('select id, status, used_memory_mb from host'),
  ];
  const before = await tables();
  await world.database.query('delete from placement');
  await world.database.query('update host set used_memory_mb = 0');
  await keepAdopted(scheduler, [`machine/${result.machine}`, `host/${host.id}`, 'quota/none-of-them']);
  expect(await tables()).toEqual(before);
});

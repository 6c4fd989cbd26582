import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { EDGE_FEED } from '@bulkhead/contracts';
import { TestHost } from '../testing/test-host.js';
import { World } from '../testing/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
  await world.scheduler();
});
afterAll(() => world.stop());

it('refuses a host as soon as the vault has ended its identity, though its certificate lives on', async () => {
  const host = await TestHost.join(world, 'stolen', { region: 'one' });
  const heartbeat = () =>
    host.heartbeat().then(
      () => 'taken',
      (error: { code: string }) => error.code,
    );
  expect(await heartbeat()).toBe('taken');
  await world.endIdentity('worker', host.id);
  await world.eventually(async () => (await heartbeat()) === 'host_refused');
  await expect(host.feed(`host/${host.id}`)).rejects.toMatchObject({ code: 'host_refused' });
  await expect(host.report([{ kind: 'whole-state', machines: [] }])).rejects.toMatchObject({
    code: 'host_refused',
  });
});

it('tells workers, and nobody else, which edges may come to them: a removed one no longer', async () => {
  const worker = await TestHost.join(world, 'asking', { region: 'one' });
  const edge = TestHost.of(world, 'edge');
  await edge.enrol('edge');
  const edges = async () => (await worker.feed(EDGE_FEED)).changes.map(({ key, row }) => row && key);
  await world.eventually(async () => (await edges()).includes(edge.id));
  await expect(edge.feed(EDGE_FEED)).rejects.toMatchObject({ status: 404 });
  await world.endIdentity('edge', edge.id);
  await world.eventually(async () => !(await edges()).includes(edge.id));
});

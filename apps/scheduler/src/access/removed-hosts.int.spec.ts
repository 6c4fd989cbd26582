import { afterAll, beforeAll, expect, it } from '@jest/globals';
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

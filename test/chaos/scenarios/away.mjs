import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from '../load/load.mjs';
import { deploy, remove } from '../world/apps.mjs';
import { HOST_LOST_AFTER } from '../world/world.mjs';

const AWAY_MS = (HOST_LOST_AFTER + 6) * 1000;
const AFTERWARDS_MS = 3_000;

/** Silence of hosts counts only while scheduler and bus are up to hear them. */
export const away = {
  name: 'away',
  isLong: true,
  title:
    'nats-server, then every scheduler, away for longer than a host may be silent: no host is lost, nothing is placed again',
  async run(world, { random, run }) {
    const { instance, store, timeline } = world;
    await world.secondHost();
    const app = `${run}-app`;
    const machines = await deploy(world, app, { machines: 2 });
    const load = await Load.start(world, { random, run, apps: [app] });
    try {
      const since = performance.now();
      const before = await store.head('scheduler');
      const schedulers = world.parts.names.filter((name) => name.startsWith('scheduler'));
      for (const names of [['nats'], schedulers]) {
        timeline.say(`${names.join(', ')} away for ${AWAY_MS / 1000} s`);
        await Promise.all(
          names.map((name) => instance.supervisor.interrupt(name, 'SIGKILL', () => sleep(AWAY_MS))),
        );
        timeline.say(`${names.join(', ')} is back`);
        await sleep(AFTERWARDS_MS);
      }
      load.assertServed(since, 'while bus and scheduler were away');
      load.watch.assertNoneEnded(machines);
      const moved = (await store.eventsAfter('scheduler', before)).filter(
        ({ type, aggregate }) =>
          type === 'HostLost' || (type === 'MachinePlaced' && machines.includes(aggregate.id)),
      );
      assert.deepEqual(moved, []);
      await load.conclude();
    } finally {
      await load.close();
    }
    await remove(world, app);
  },
};

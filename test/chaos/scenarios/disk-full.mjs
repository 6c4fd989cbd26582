import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from '../load/load.mjs';
import { deploy, remove } from '../world/apps.mjs';

const FULL_MS = 20_000;
const AFTERWARDS_MS = 3_000;

/** Not a byte is left for anybody: Postgres, nats-server, worker, edge, logs. Then there is room again. */
export const diskFull = {
  name: 'disk-full',
  title: 'the disk of everything filled to the last byte, and emptied',
  async run(world, { random, run }) {
    const { disk, timeline } = world;
    const app = `${run}-app`;
    const machines = await deploy(world, app);
    const load = await Load.start(world, { random, run, apps: [app] });
    try {
      const since = performance.now();
      const until = Date.now() + FULL_MS;
      timeline.say('the disk is full');
      while (Date.now() < until) {
        await disk.fill();
        await sleep(250);
      }
      disk.empty();
      timeline.say('there is room again');
      await world.healed();
      timeline.say('everything is ready again');
      await sleep(AFTERWARDS_MS);
      load.assertServed(since, 'while the disk was full');
      load.watch.assertNoneEnded(machines);
      await load.conclude();
    } finally {
      disk.empty();
      await load.close();
    }
    await remove(world, app);
  },
};

import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from '../load/load.mjs';
import { deploy, remove } from '../world/apps.mjs';

/** How long a part that came back is watched before the next one is killed. */
const DWELL_MS = 1_500;

/** kill -9 of each part in turn. While anything but the edge is away, every request to a running machine is answered. */
export const kill = {
  name: 'kill',
  title: 'kill -9 of each service, nats-server, Postgres and hostd, one after the other',
  async run(world, { random, run }) {
    const { parts, timeline } = world;
    const app = `${run}-app`;
    const machines = await deploy(world, app);
    const load = await Load.start(world, { random, run, apps: [app] });
    try {
      await sleep(DWELL_MS);
      for (const part of random.shuffled(parts.names)) {
        const since = performance.now();
        timeline.say(`kill -9 ${part}`);
        await parts.kill(part);
        timeline.say(`${part} is back`);
        await sleep(DWELL_MS);
        if (part !== 'edge') load.assertServed(since, `while ${part} was away`);
      }
      load.watch.assertNoneEnded(machines);
      await load.conclude();
    } finally {
      await load.close();
    }
    await remove(world, app);
  },
};

import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from '../load/load.mjs';
import { deploy, remove } from '../world/apps.mjs';

const DWELL_MS = 1_000;

/** What a package upgrade does to a running platform: each service is told to stop, and another takes its place. */
export const restart = {
  name: 'restart',
  title: 'a restart of worker, hostd, every service, nats-server and Postgres, as in an upgrade, under load',
  async run(world, { random, run }) {
    const { parts, timeline } = world;
    const app = `${run}-app`;
    const machines = await deploy(world, app);
    const load = await Load.start(world, { random, run, apps: [app] });
    try {
      const since = performance.now();
      for (const part of [
        'hostd',
        'worker',
        ...random.shuffled(['vault', 'scheduler', 'audit', 'api']),
        'nats',
        'postgres',
      ]) {
        timeline.say(`restarting ${part}`);
        await parts.kill(part, part === 'postgres' ? 'SIGINT' : 'SIGTERM');
        await sleep(DWELL_MS);
      }
      load.assertServed(since, 'during the restarts');
      load.watch.assertNoneEnded(machines);
      await load.conclude();
    } finally {
      await load.close();
    }
    await remove(world, app);
  },
};

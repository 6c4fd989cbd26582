import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from '../load/load.mjs';
import { deploy, remove } from '../world/apps.mjs';

const CUT_MS = 12_000;
const AFTERWARDS_MS = 2_000;

/** An edge and an api that hear nothing of the others, though every process runs. */
export const partition = {
  name: 'partition',
  isLong: true,
  title: 'an edge cut off from the bus, an api from the bus, and an api from the database',
  async run(world, { random, run }) {
    const { timeline } = world;
    await world.copies();
    const edge = await world.secondEdge();
    const app = `${run}-app`;
    const machines = await deploy(world, app);
    const load = await Load.start(world, { random, run, apps: [app], edges: [world.dev.edge, edge.address] });
    try {
      const since = performance.now();
      for (const [what, gate] of [
        ['the second edge, from the bus', edge.bus],
        ['the second api, from the bus', world.gates.apiBus],
        ['the second api, from the database', world.gates.apiDatabase],
      ]) {
        timeline.say(`cut off: ${what}`);
        gate.shut();
        await sleep(CUT_MS);
        gate.open();
        timeline.say(`let back: ${what}`);
        await sleep(AFTERWARDS_MS);
      }
      load.assertServed(since, 'during the partitions');
      load.watch.assertNoneEnded(machines);
      await load.conclude();
    } finally {
      for (const gate of [edge.bus, ...Object.values(world.gates)]) gate.open();
      await load.close();
    }
    await remove(world, app);
  },
};

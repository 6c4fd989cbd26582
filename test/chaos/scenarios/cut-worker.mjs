import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from '../load/load.mjs';
import { deploy, remove } from '../world/apps.mjs';
import { eventually } from '../wait.mjs';

/** Within which a host that is back has stopped what runs elsewhere by now. */
const STOPS_WITHIN_MS = 5_000;
const DWELL_MS = 3_000;

/** A host that is cut off runs on; what may be placed again is, and its old copy ends when the host is back. */
export const cutWorker = {
  name: 'cut-worker',
  isLong: true,
  title: 'a host cut off from the bus until its machines run elsewhere, and let back',
  async run(world, { random, run }) {
    const { api, timeline } = world;
    const host = await world.secondHost();
    const [roaming, staying] = [`${run}-roam`, `${run}-stay`];
    const roams = await deploy(world, roaming, { machines: 2 });
    const stays = await deploy(world, staying, { machines: 2, metadata: { bulkhead_replace: 'never' } });
    const load = await Load.start(world, { random, run, apps: [roaming, staying] });
    try {
      const since = performance.now();
      const before = await boots(world, roaming, roams);
      timeline.say('the second host is cut off from the bus');
      host.bus.shut();
      const moved = await eventually(
        'a machine of the host that was cut off answers from another',
        () =>
          roams.find((id) =>
            load.visits.made.some(({ machine, boot }) => machine === id && boot !== before.get(id)),
          ),
        120_000,
      );
      timeline.say(`${moved} answers from another host`);
      await sleep(DWELL_MS);
      assert.ok(load.watch.overlaps.has(moved), 'the host that was cut off went on running its copy');
      host.bus.open();
      await eventually('the host is back', async () =>
        (await api.get('/api/v1/hosts')).hosts.some(({ id, status }) => id === host.id && status === 'ready'),
      );
      await sleep(STOPS_WITHIN_MS + DWELL_MS);
      const overlap = load.watch.overlaps.get(moved).to - host.bus.openedAt;
      timeline.say(`the second host is back; its copy of ${moved} ran on for ${Math.round(overlap)} ms`);
      assert.ok(
        overlap <= STOPS_WITHIN_MS,
        `the old copy of ${moved} ran ${overlap} ms after its host was back`,
      );
      assert.deepEqual(
        [...load.watch.overlaps.keys()].filter((id) => !roams.includes(id)),
        [],
        'machines that ran twice though they are never placed again',
      );
      load.assertServed(since, 'while a host was cut off');
      load.watch.assertNoneEnded(stays);
      await load.conclude();
    } finally {
      host.bus.open();
      await load.close();
    }
    await Promise.all([remove(world, roaming), remove(world, staying)]);
  },
};

/** @returns {Promise<Map<string, string>>} the boot of each machine, as it answers now */
async function boots(world, app, machines) {
  const found = new Map();
  await eventually(`every machine of ${app} answers`, async () => {
    const { machine, boot } = await world.visit(app);
    if (machine) found.set(machine, boot);
    return machines.every((id) => found.has(id));
  });
  return found;
}

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from '../load/load.mjs';
import { deploy, remove } from '../world/apps.mjs';

const STOPPED_MS = 30_000;
/** Whose leaderships pass to another copy; the vault's has none here to pass to. */
const LED = ['scheduler', 'api'];

/**
 * SIGSTOP for 30 s, then SIGCONT: of two copies first the one, then the other, so that whoever leads anything is stopped once while
 * leading. The woken one must have no effect with what it believes.
 */
export const stop = {
  name: 'stop',
  isLong: true,
  title: 'each leader of a relay, a projection, the feeds and the reconciler stopped for 30 s and woken',
  async run(world, { random, run }) {
    const { store, timeline } = world;
    const app = `${run}-app`;
    const machines = await deploy(world, app);
    await world.copies();
    const before = await terms(store);
    const load = await Load.start(world, { random, run, apps: [app] });
    try {
      const since = performance.now();
      for (const round of [['scheduler', 'api', 'audit'], ['scheduler-b', 'api-b', 'audit-b'], ['vault']])
        await stopped(world, round);
      load.assertServed(since, 'while leaders were stopped');
      load.watch.assertNoneEnded(machines);
      const after = await terms(store);
      for (const [role, term] of before)
        assert.ok(
          after.get(role) > term,
          `leadership of ${role} passed on: term ${term}, then ${after.get(role)}`,
        );
      timeline.say(`${before.size} leaderships, each passed on`);
      await load.conclude();
    } finally {
      await load.close();
    }
    await remove(world, app);
  },
};

async function stopped({ parts, timeline }, names) {
  timeline.say(`SIGSTOP ${names.join(', ')}`);
  for (const name of names) parts.signal(name, 'SIGSTOP');
  try {
    await sleep(STOPPED_MS);
  } finally {
    for (const name of names) parts.signal(name, 'SIGCONT');
  }
  timeline.say(`SIGCONT ${names.join(', ')}`);
  for (const name of names) await parts.ready(name);
}

/** @returns {Promise<Map<string, number>>} role → term */
async function terms(store) {
  const rows = await store.rows(
    LED.map((service) => `select '${service}', role, term from ${service}.leadership`).join(' union all '),
  );
  return new Map(
    rows.map((row) => row.split('|')).map(([service, role, term]) => [`${service} ${role}`, Number(term)]),
  );
}

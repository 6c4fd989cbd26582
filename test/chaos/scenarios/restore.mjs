import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterCopy } from '../faults/postgres.mjs';
import { Load } from '../load/load.mjs';
import { deploy, remove } from '../world/apps.mjs';
import { eventually } from '../wait.mjs';

const UNDER_LOAD_MS = 6_000;
const JOURNALS = ['vault', 'scheduler', 'api', 'audit'];

/** Postgres comes back from a copy that is behind the streams; an operator takes in again what the streams still have. */
export const restore = {
  name: 'restore',
  isLong: true,
  title: 'Postgres put back to an older state behind its streams, and what they still hold taken in again',
  async run(world, { random, run }) {
    const { instance, parts, timeline } = world;
    const { supervisor } = instance;
    const app = `${run}-app`;
    const machines = await deploy(world, app);
    const copy = new ClusterCopy(instance.layout);
    const load = await Load.start(world, { random, run, apps: [app] });
    try {
      const since = performance.now();
      await sleep(UNDER_LOAD_MS);
      timeline.say('Postgres is copied');
      await supervisor.interrupt('postgres', 'SIGINT', () => copy.make());
      const copied = Date.now();
      await sleep(UNDER_LOAD_MS);
      await load.mutations.stop();
      await world.healed();

      timeline.say('Postgres is put back; services and workers are stopped meanwhile');
      const adopted = withResolvers();
      const workers = parts.names.filter((name) => name.startsWith('worker'));
      const back = supervisor.interrupt('postgres', 'SIGKILL', () => copy.putBack());
      const services = parts.names.filter((name) => JOURNALS.includes(name.replace(/-b$/, '')));
      const resting = workers.map((name) => supervisor.interrupt(name, 'SIGKILL', () => adopted.promise));
      try {
        await Promise.all(services.map((name) => supervisor.interrupt(name, 'SIGKILL', () => back)));
        await adopt(world);
      } finally {
        adopted.resolve();
        await Promise.all(resting);
      }
      await world.healed();
      load.goOn();
      await sleep(UNDER_LOAD_MS);
      load.assertServed(since, 'while Postgres was put back');
      load.watch.assertNoneEnded(machines);
      await load.conclude({
        answerMayBeLost: ({ attempts }) => attempts.at(-1).at + attempts.at(-1).ms >= copied,
      });
    } finally {
      await load.close();
    }
    await remove(world, app);
  },
};

/** Takes in what streams hold beyond their journals. */
async function adopt(world) {
  const ahead = await streamsAhead(world);
  world.timeline.say(`streams ahead of their journals: ${ahead.join(', ')}`);
  assert.ok(ahead.includes('scheduler'), 'the stream holds what the journal lost');
  for (const journal of ahead) {
    const { exitCode, out, err } = await world.bulkhead(['journal', 'reconcile', journal, '--adopt']);
    assert.equal(exitCode, 0, `${journal}: ${out}${err}`);
    world.timeline.say(`${journal}: ${out.trim()}`);
  }
}

/** Every relay has looked at its stream; those that hold more than their journal. */
function streamsAhead({ bulkhead }) {
  return eventually('each stream is compared with its journal', async () => {
    const found = await Promise.all(
      JOURNALS.map((journal) => bulkhead(['--json', 'journal', 'reconcile', journal])),
    );
    const totals = found.map(({ out }) => JSON.parse(out).total);
    return JOURNALS.filter((_, index) => totals[index] > 0);
  });
}

function withResolvers() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

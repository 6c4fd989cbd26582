import { cutAt, STEPS } from '../load/cut.mjs';
import { Load } from '../load/load.mjs';
import { deploy, remove } from '../world/apps.mjs';

const TIMES = 6;
const LATEST_MS = 120;

/** A client that is cut off anywhere finds out under its key what became of its wish, and it is done once. */
export const clientCut = {
  name: 'client-cut',
  title: 'a client’s connection cut at each step of a mutation, and the same request sent again',
  async run(world, { random, run }) {
    const { timeline } = world;
    const app = `${run}-app`;
    await deploy(world, app);
    const load = await Load.start(world, { random, run, apps: [app] });
    try {
      for (const step of STEPS) {
        timeline.say(`cut at: ${step}`);
        for (let time = 0; time < TIMES; time++)
          await cutAndAskAgain({ world, load, app, run, random }, step, time);
      }
      await load.conclude();
    } finally {
      await load.close();
    }
    await remove(world, app);
  },
};

async function cutAndAskAgain({ world: { dev, image }, load, app, run, random }, step, time) {
  const mark = `${run}-cut-${STEPS.indexOf(step)}-${time}`;
  const config = { image, guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 }, metadata: { mark } };
  const call = {
    method: 'POST',
    path: `/v1/apps/${app}/machines`,
    key: mark,
    body: { skip_launch: true, config },
  };
  const headers = {
    authorization: `Bearer ${dev.adminToken}`,
    'content-type': 'application/json',
    'idempotency-key': mark,
  };
  await cutAt(
    dev.apiUrl,
    { ...call, headers, body: JSON.stringify(call.body) },
    step,
    random.below(LATEST_MS),
  );
  const mutation = { kind: 'create-machine', mark, call, attempts: [], answer: null };
  load.mutations.made.push(mutation);
  await load.mutations.settle(mutation);
}

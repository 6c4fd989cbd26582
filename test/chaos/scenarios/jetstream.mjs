import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run as runProgram } from '../../../scripts/lib/run.mjs';
import { JETSTREAM_FAULTS, StoreCopy } from '../faults/jetstream.mjs';
import { Load } from '../load/load.mjs';
import { deploy, remove } from '../world/apps.mjs';

const UNDER_LOAD_MS = 4_000;

/** Streams are transport: whatever happens to them, journals, readers and clients go on. */
export const jetstream = {
  name: 'jetstream',
  title: 'JetStream’s files deleted, truncated, damaged, and its unsynced tail thrown away, under load',
  async run(world, { random, run }) {
    const { instance, timeline } = world;
    const store = path.join(instance.layout.service('nats'), 'jetstream');
    const app = `${run}-app`;
    const machines = await deploy(world, app);
    const load = await Load.start(world, { random, run, apps: [app] });
    const since = performance.now();
    const whileDown = async (what, fault) => {
      timeline.say(`kill -9 nats-server, ${what}`);
      await instance.supervisor.interrupt('nats', 'SIGKILL', async () => {
        fault();
        await own(store, instance.accounts.nats);
      });
      await sleep(UNDER_LOAD_MS);
    };
    let kept;
    try {
      await whileDown('copying its store', () => (kept = new StoreCopy(store, `${store}.kept`)));
      await whileDown('throwing away what came since', () => kept.putBack());
      for (const [what, fault] of random.shuffled(Object.entries(JETSTREAM_FAULTS)))
        await whileDown(what, () => fault(store, random));
      load.assertServed(since, 'while nats-server lost its store');
      load.watch.assertNoneEnded(machines);
      await load.conclude();
    } finally {
      kept?.remove();
      await load.close();
    }
    await remove(world, app);
  },
};

/** What was written here belongs to nats-server again. */
const own = (store, account) =>
  account && runProgram('chown', ['-R', `${account.uid}:${account.gid}`, store]);

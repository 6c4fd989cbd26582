/**
 * The process that faults are in: forked by `Laboratory` into a network of its own, since hosts give machines' addresses out anew in
 * each platform, and with mounts of its own, which go with it. It performs the scenarios that it is told to.
 */
import path from 'node:path';
import { explain } from '../../scripts/lib/failure.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { perform } from './perform.mjs';
import { SCENARIOS } from './scenarios/index.mjs';
import { Timeline } from './timeline.mjs';
import { World } from './world/world.mjs';

const timeline = new Timeline();
let world;

async function begin() {
  await run('ip', ['link', 'set', 'lo', 'up']);
  world = await World.start({ root: path.resolve(import.meta.dirname, '../..'), timeline });
}

async function end() {
  process.removeAllListeners('disconnect');
  await world?.stop();
  process.exit();
}

/** @type {Record<string, (told: any) => Promise<unknown>>} */
const ORDERS = {
  begin,
  perform: ({ name, seed }) =>
    perform(
      SCENARIOS.find((known) => known.name === name),
      { world, seed },
    ),
  keepLogs: async () => world.keepLogs(),
};

process.on('message', async ({ order, number, ...told }) => {
  const answer = await ORDERS[order](told).then(
    (result) => ({ result }),
    (error) => ({ problem: `${explain(error)}\n${error.stack}` }),
  );
  process.send({ number, ...answer });
});
process.once('disconnect', end);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, end);
process.once('uncaughtException', (error) => {
  timeline.say(`the scenarios' process fails: ${error.stack}`);
  process.exitCode = 1;
  void end();
});

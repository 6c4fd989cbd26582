/**
 * Faults with real parts, by hand:
 *
 *   node test/chaos/run.mjs [NAME…] [--all] [--seed N] [--list] [--logs]
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { explain } from '../../scripts/lib/failure.mjs';
import { perform, choose } from './perform.mjs';
import { SCENARIOS } from './scenarios/index.mjs';
import { Timeline } from './timeline.mjs';
import { World } from './world/world.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean' },
    list: { type: 'boolean' },
    seed: { type: 'string' },
    logs: { type: 'boolean' },
  },
});
if (values.list) for (const { name, title } of SCENARIOS) console.log(`${name.padEnd(20)} ${title}`);
else process.exitCode = await main();

async function main() {
  const timeline = new Timeline();
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void Promise.resolve(world?.stop()).finally(() => process.exit(1)));
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  let world;
  let failed = 0;
  try {
    const chosen = choose(positionals, values.all);
    world = await World.start({ root: path.resolve(import.meta.dirname, '../..'), timeline });
    for (const scenario of chosen)
      await perform(scenario, { world, seed }).catch((error) => {
        failed++;
        timeline.say(error.stack);
      });
  } catch (error) {
    failed++;
    console.error(explain(error));
  } finally {
    if (values.logs) timeline.say(`the logs of every process: ${world?.keepLogs()}`);
    await world?.stop();
  }
  return failed > 0 ? 1 : 0;
}

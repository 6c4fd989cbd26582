/**
 * Faults with real parts, by hand:
 *
 *   node test/chaos/run.mjs [NAME…] [--all] [--seed N] [--list] [--logs]
 */
import { parseArgs } from 'node:util';
import { Laboratory } from './laboratory.mjs';
import { choose } from './perform.mjs';
import { SCENARIOS } from './scenarios/index.mjs';

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
else process.exitCode = await main(choose(positionals, values.all));

async function main(chosen) {
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const laboratory = new Laboratory();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void laboratory.end());
  const failed = [];
  try {
    await laboratory.begin();
    for (const { name } of chosen)
      await laboratory.perform(name, seed).catch((error) => {
        failed.push(name);
        console.error(error.message);
      });
    if (values.logs) console.error(`the logs of every process: ${await laboratory.keepLogs()}`);
  } finally {
    await laboratory.end();
  }
  console.error(failed.length > 0 ? `failed: ${failed.join(', ')}` : 'every invariant held');
  return failed.length > 0 ? 1 : 0;
}

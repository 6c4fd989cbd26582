import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { explain, Failure } from '../../scripts/lib/failure.mjs';
import { Steps } from '../../scripts/lib/steps.mjs';
import { setUp } from '../../scripts/test/set-up.mjs';

const USAGE = `npm run bench [-- <name>...] [--long] [--json]
  <name>   only these modules; all by default
  --long   more runs, for narrower intervals
  --json   what was found goes to standard output as JSON, progress to standard error`;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const aborted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => aborted.abort());

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { long: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) return process.stdout.write(`${USAGE}\n`);
  const steps = new Steps(values.json ? process.stderr : process.stdout);
  await setUp(root, steps);
  const { findBenches, loadBench, printFound, runBench, writePage } =
    await import('./harness/run-benches.mjs');
  const benches = findBenches(root);
  const context = {
    root,
    node: path.join(root, 'node_modules/.bin/node'),
    long: values.long ?? false,
    signal: aborted.signal,
    say: (text) => steps.note(text),
  };
  const found = [];
  for (const name of chosen(benches, positionals)) {
    if (aborted.signal.aborted) break;
    try {
      const one = await steps.step(name, async () => runBench(await loadBench(benches.get(name)), context));
      printFound(one, (text) => steps.say(text));
      await writePage(root, one);
      found.push(one);
    } catch (error) {
      steps.say(explain(error));
      process.exitCode = 1;
    }
  }
  if (values.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
}

function chosen(benches, names) {
  const unknown = names.filter((name) => !benches.has(name));
  if (unknown.length > 0)
    throw new Failure(
      `There is no benchmark ${unknown.join(', ')}.`,
      `There are: ${[...benches.keys()].join(', ')}`,
    );
  return names.length === 0 ? [...benches.keys()] : names;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}

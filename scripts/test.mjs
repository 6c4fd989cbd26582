import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { explain } from './lib/failure.mjs';
import { Steps, duration } from './lib/steps.mjs';
import { HOST_PACKAGES, PEER_PROXIES } from './setup/host-packages.mjs';
import { CHECKS, runCheck } from './test/checks.mjs';
import { startInstance } from './test/instance.mjs';
import { cacheOf, setUp } from './test/set-up.mjs';
import { runSeeds } from '../test/simulation/run.mjs';
import { SUITES, runScriptTests, runSuite } from './test/suites.mjs';
import { closingLine, sum, tally } from './test/tally.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const cache = cacheOf(root);
const slow = process.argv.includes('--slow');
/** `npm test -- unit lint` runs just these. */
const only = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const steps = new Steps();
const aborted = new AbortController();
const context = {
  root,
  node: path.join(root, 'node_modules/.bin/node'),
  signal: aborted.signal,
  say: (text) => steps.note(text),
};
const results = [];

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => aborted.abort());

async function stage(title, work) {
  if (aborted.signal.aborted || (only.length > 0 && !only.includes(title))) return;
  results.push(
    await steps.step(title, async () => {
      const result = await work();
      steps.note(closingLine(result));
      return result;
    }),
  );
}

async function fastStages() {
  for (const check of CHECKS) await stage(check.name, () => runCheck(check, context));
  await stage('scripts', () => runScriptTests('{scripts,test/bench}/**/*.test.mjs', context));
  await stage('unit', () => runSuite(SUITES.unit, context));
  await stage('integration', () => runSuite(SUITES.integration, context));
  await stage('planted bugs', () => runSuite(SUITES['planted bugs'], context));
  await stage('simulation', () => simulation({ seeds: 100, seconds: 180 }));
  await stage('end to end', () => endToEnd());
}

async function simulation(asked) {
  const { passed, failures } = await runSeeds({ ...asked, ...context }, context.say);
  return tally({ passed, failed: failures.length, failures });
}

async function endToEnd() {
  const instance = await startInstance({ root, cache });
  let result = tally({ failed: 1, failures: ['the end-to-end tests did not run'] });
  try {
    result = await runSuite(SUITES['end to end'], {
      ...context,
      workers: 1,
      environment: { BULKHEAD_DEV_JSON: instance.devFile },
    });
    return result;
  } finally {
    if (result.failed > 0) steps.note(`the platform's logs are kept: ${instance.logs}`);
    await instance.stop(result.failed > 0);
  }
}

/** One after the other: each of them wants the whole machine. */
async function slowStages() {
  await stage('containers', () => runScriptTests('test/**/*.slow.test.mjs', context));
  await stage('slow', () => runSuite(SUITES.slow, { ...context, workers: 1 }));
}

try {
  await setUp(root, steps, slow ? [...HOST_PACKAGES, ...PEER_PROXIES] : HOST_PACKAGES);
  await (slow ? slowStages() : fastStages());
} catch (error) {
  if (!aborted.signal.aborted) {
    steps.say(`\n${explain(error)}`);
    results.push(tally({ failed: 1, failures: [error.message.split('\n')[0]] }));
  }
}

const all = sum(results);
for (const failure of all.failures) steps.say(`failed: ${failure}`);
for (const skip of all.skips) steps.say(`skipped: ${skip}`);
steps.say(`\n(${duration(steps.elapsed)})`);
steps.say(closingLine(all));
process.exitCode = all.failed > 0 || aborted.signal.aborted ? 1 : 0;

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { explain } from './lib/failure.mjs';
import { Steps } from './lib/steps.mjs';
import { startPlatform } from './start/platform.mjs';
import { readSettings } from './start/settings.mjs';
import { summary } from './start/summary.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const steps = new Steps();
const closers = [];
const hurry = new AbortController();
let stopping = null;

function stop(exitCode) {
  stopping ??= (async () => {
    for (const close of closers.reverse()) await closeOne(close);
    process.exit(exitCode);
  })();
  return stopping;
}

async function closeOne(close) {
  try {
    await close();
  } catch (error) {
    steps.say(explain(error));
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    if (stopping) return hurry.abort();
    steps.say('\nStopping everything …');
    void stop(0);
  });

// Started by a script that is gone: nobody is left to stop this.
process.on('disconnect', () => void stop(1));

steps.say('Bulkhead: from this clone to an app that answers\n');
try {
  const platform = await startPlatform({
    settings: readSettings(root),
    steps,
    onStop: (close) => closers.push(close),
    hurry: hurry.signal,
  });
  if (!stopping) {
    steps.say(summary({ ...platform, elapsedMs: steps.elapsed }));
    process.send?.('ready');
  }
} catch (error) {
  if (!stopping) {
    steps.say(`\n${explain(error)}\n`);
    await stop(1);
  }
}

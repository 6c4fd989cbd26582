import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../scripts/lib/processes.mjs';
import { buildFrom, DEBIAN, provideDebian } from '../containers/base-images.mjs';
import { Engine } from '../containers/engine.mjs';
import { extraCertificates, MACHINE_HOST } from '../containers/host-access.mjs';
import { INSTALL_NODE, nodeFiles } from '../containers/node.mjs';
import { engineObstacle } from '../containers/obstacle.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const cache = path.join(root, 'node_modules/.cache/bulkhead');
/** A root-only home, as most people's first try is. */
const CLONE = '/root/bulkhead';
const IMAGE = 'bulkhead-newcomer';
const START_WITHIN_MS = 15 * 60_000;
const skip = engineObstacle() ?? false;

/** @type {Engine} */
let engine;

before(async () => {
  if (skip) return;
  engine = await Engine.start(cache);
  await provideDebian(engine, cache);
  await buildFrom(engine, IMAGE, `FROM ${DEBIAN}\n${INSTALL_NODE}`, nodeFiles(root));
});

after(() => engine?.stop());

test(
  'a newcomer with Node alone gets an app that answers, and gets it back',
  { skip, timeout: 30 * 60_000 },
  async () => {
    const container = (
      await engine.docker(['run', '-d', ...MACHINE_HOST, ...extraCertificates(), IMAGE, 'sleep', 'infinity'])
    ).trim();
    await copyClone(container);

    const first = startIn(container);
    await first.runs();
    const { dev, answer } = await visit(container);
    assert.match(answer, /hello/i);
    assert.equal(
      (await inContainer(container, ['stat', '-c', '%a', `${CLONE}/.bulkhead/dev.json`])).trim(),
      '600',
    );
    const machines = JSON.parse(
      await inContainer(container, ['npx', 'bulkhead', 'machine', 'list', dev.sampleApp.name, '--json']),
    );
    await first.stop();
    assert.equal(await processes(container), '', 'nothing of the platform is left running');

    const second = startIn(container);
    await second.runs();
    assert.match((await visit(container)).answer, /hello/i);
    const again = JSON.parse(
      await inContainer(container, ['npx', 'bulkhead', 'machine', 'list', dev.sampleApp.name, '--json']),
    );
    assert.deepEqual(
      again.map(({ id }) => id),
      machines.map(({ id }) => id),
      'the machine of the first start came back',
    );
    await second.stop();
  },
);

/** What is committed, and nothing else: as a fresh clone has it. */
async function copyClone(container) {
  const archive = spawn('git', ['-C', root, 'archive', `--prefix=${path.basename(CLONE)}/`, 'HEAD'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const unpack = spawn('docker', ['exec', '-i', container, 'tar', '-x', '-C', path.dirname(CLONE)], {
    env: engine.environment,
    stdio: [archive.stdout, 'inherit', 'inherit'],
  });
  assert.equal(await new Promise((resolve) => unpack.once('close', resolve)), 0);
}

/** `npm start` in the container, its output shown as it comes. */
function startIn(container) {
  let output = '';
  const child = spawn('docker', ['exec', '-w', CLONE, container, 'npm', 'start'], {
    env: engine.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
      process.stderr.write(chunk);
    });
  const ended = new Promise((resolve) => child.once('close', resolve));
  return {
    async runs() {
      await waitUntil(() => /Bulkhead runs/.test(output) || child.exitCode !== null, START_WITHIN_MS, 500);
      assert.match(output, /Bulkhead runs/);
    },
    async stop() {
      const holder = JSON.parse(await inContainer(container, ['cat', `${CLONE}/.bulkhead/instance.lock`]));
      // The shell's own: a bare Debian has no program of that name.
      await inContainer(container, ['sh', '-c', 'kill -INT "$1"', 'sh', String(holder.pid)]);
      await ended;
    },
  };
}

const inContainer = (container, args) => engine.docker(['exec', '-w', CLONE, container, ...args]);

/** The very line that the start printed: curl, with the development CA. */
async function visit(container) {
  const dev = JSON.parse(await inContainer(container, ['cat', '.bulkhead/dev.json']));
  const answer = await inContainer(container, [
    'curl',
    '-sS',
    '--fail',
    '--cacert',
    dev.caFile,
    dev.sampleApp.url,
  ]);
  return { dev, answer };
}

const processes = async (container) =>
  (
    await inContainer(container, [
      'sh',
      '-c',
      'cat /proc/[0-9]*/comm | grep -E "postgres|nats-server|qemu|^node" || true',
    ])
  ).trim();

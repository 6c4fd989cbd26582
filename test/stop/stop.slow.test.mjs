import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../scripts/lib/processes.mjs';
import { freePort } from '../../scripts/test/instance.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const START_WITHIN_MS = 10 * 60_000;

test(
  'a stop of the start gives machines their stop signal, and the next start brings them back unasked',
  { timeout: 2 * START_WITHIN_MS },
  async () => {
    const data = mkdtempSync(path.join(tmpdir(), 'bulkhead-stop-'));
    const ports = await Promise.all(['API', 'EDGE_HTTP', 'EDGE_HTTPS'].map(portSetting));
    const environment = {
      ...process.env,
      ...Object.fromEntries(ports),
      BULKHEAD_DATA: path.join(data, 'data'),
      BULKHEAD_CACHE: path.join(root, 'node_modules/.cache/bulkhead'),
    };
    const dev = () => JSON.parse(readFileSync(path.join(data, 'data/dev.json'), 'utf8'));

    const first = await start(environment);
    const api = caller(dev());
    const { id } = await deploy(api, dev());
    assert.ok(
      await waitUntil(async () => (await api('GET', machinePath(id))).state === 'started', 60_000, 200),
    );
    first.kill('SIGINT');
    await ended(first);

    const second = await start(environment);
    try {
      const runsAgain = async () => {
        const { state, events } = await api('GET', machinePath(id));
        return state === 'started' && events.some(({ type }) => type === 'exit');
      };
      assert.ok(await waitUntil(runsAgain, 60_000, 200), 'the machine runs again');
      const { events } = await api('GET', machinePath(id));
      const { exit_event: exit } = events.find(({ type }) => type === 'exit').request;
      assert.equal(exit.requested_stop, true);
      // By itself, or by the signal where that came before the app listened to it; a kill from outside leaves -1.
      assert.ok([0, 128 + 15].includes(exit.exit_code), `it ended with ${exit.exit_code}`);
      assert.equal(exit.restarting, true);
    } finally {
      second.kill('SIGINT');
      await ended(second);
      rmSync(data, { recursive: true, force: true });
    }
  },
);

const APP = 'stopped-with-care';
const machinePath = (id) => `/v1/apps/${APP}/machines/${id}`;
const portSetting = async (name) => [`BULKHEAD_${name}_PORT`, String(await freePort())];
const ended = (child) =>
  child.exitCode === null ? new Promise((resolve) => child.once('exit', resolve)) : Promise.resolve();

/** Starts a platform as `npm start` does, and waits until it says that it runs. */
async function start(env) {
  const child = fork(path.join(root, 'scripts/start.mjs'), [], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ready = await Promise.race([
    new Promise((resolve) => child.once('message', () => resolve(true))),
    ended(child).then(() => false),
  ]);
  assert.ok(ready, 'the platform started');
  return child;
}

const caller =
  ({ apiUrl, adminToken }) =>
  async (method, url, body) => {
    const answer = await fetch(`${apiUrl}${url}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    assert.ok(answer.ok, `${method} ${url}: ${answer.status}`);
    return answer.json();
  };

/** A machine that its restart policy would not start again, and that ends by the signal it gets. */
async function deploy(api, { organization, sampleApp }) {
  const [sample] = await api('GET', `/v1/apps/${sampleApp.name}/machines`);
  await api('POST', '/v1/apps', { app_name: APP, org_slug: organization });
  return api('POST', `/v1/apps/${APP}/machines`, {
    config: {
      image: sample.config.image,
      guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
      restart: { policy: 'no' },
      stop_config: { signal: 'SIGTERM', timeout: '20s' },
    },
  });
}

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { request } from '../../scripts/lib/http.mjs';
import { waitUntil } from '../../scripts/lib/processes.mjs';
import { freePort } from '../../scripts/test/instance.mjs';
import { provideDebian } from '../containers/base-images.mjs';
import { Engine } from '../containers/engine.mjs';
import { provideNats, provideNode, providePostgres } from '../containers/official-images.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const cache = path.join(root, 'node_modules/.cache/bulkhead');
const PROJECT = ['compose', '--project-directory', root, '--file', path.join(root, 'docker-compose.yml')];

/** @type {Engine} */
let engine;
let environment;

before(async () => {
  engine = await Engine.start(cache);
  await provideDebian(engine, cache);
  await provideNode(engine, root);
  await providePostgres(engine);
  await provideNats(engine, cache);
  const [api, http, https] = [await freePort(), await freePort(), await freePort()];
  environment = {
    BULKHEAD_API_PORT: String(api),
    BULKHEAD_EDGE_HTTP_PORT: String(http),
    BULKHEAD_EDGE_HTTPS_PORT: String(https),
    BULKHEAD_EXTRA_CA: process.env.NODE_EXTRA_CA_CERTS ?? '/dev/null',
  };
});

after(async () => {
  if (!engine) return;
  await compose('down', '--volumes', '--timeout', '30').catch(() => {});
  await engine.stop();
});

const compose = (...args) => engine.docker([...PROJECT, ...args], { environment });

test(
  'docker compose up brings the platform up, and the app it deploys answers',
  { timeout: 30 * 60_000 },
  async () => {
    await compose('build');
    await compose('up', '--detach', '--no-build');
    const deployed = await waitUntil(
      async () => (await stateOf('deploy'))?.State === 'exited',
      5 * 60_000,
      1000,
    );
    const { ExitCode } = (await stateOf('deploy')) ?? {};
    assert.ok(deployed && ExitCode === 0, await compose('logs', '--no-color', '--tail', '60'));

    const ca = await compose('exec', '-T', 'edge', 'cat', '/var/lib/bulkhead/development-ca.pem');
    const url = `https://hello.bulkhead.localhost:${environment.BULKHEAD_EDGE_HTTPS_PORT}`;
    let answer;
    await waitUntil(
      async () => {
        answer = await request(url, { ca }).catch((error) => ({ status: 0, text: error.message }));
        return answer.status === 200;
      },
      60_000,
      500,
    );
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.text, /hello/i);
  },
);

test('no service but the machines’ host has any capability, and each runs as a user of its own', async () => {
  const users = [];
  for (const service of ['vault', 'scheduler', 'audit', 'api', 'edge']) {
    const status = await compose('exec', '-T', service, 'cat', '/proc/1/status');
    assert.match(status, /^CapEff:\s+0+$/m, service);
    users.push(/^Uid:\s+(\d+)/m.exec(status)[1]);
  }
  assert.equal(new Set([...users, '0']).size, users.length + 1);
});

async function stateOf(service) {
  const lines = (await compose('ps', '--all', '--format', 'json', service))
    .trim()
    .split('\n')
    .filter(Boolean);
  return lines.map((line) => JSON.parse(line))[0];
}

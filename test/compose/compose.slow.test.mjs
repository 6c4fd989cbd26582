import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { request } from '../../scripts/lib/http.mjs';
import { waitUntil } from '../../scripts/lib/processes.mjs';
import { freePort } from '../../scripts/test/instance.mjs';
import { provideDebian } from '../containers/base-images.mjs';
import { Engine } from '../containers/engine.mjs';
import { engineObstacle } from '../containers/obstacle.mjs';
import { provideNats, provideNode, providePostgres } from '../containers/official-images.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const cache = path.join(root, 'node_modules/.cache/bulkhead');
const PROJECT = ['compose', '--project-directory', root, '--file', path.join(root, 'docker-compose.yml')];
const SERVICES = ['vault', 'scheduler', 'audit', 'api', 'edge'];
const skip = engineObstacle() ?? false;

/** @type {Engine} */
let engine;
let environment;

before(async () => {
  if (skip) return;
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

after(() => engine?.stop());

const compose = (...args) => engine.docker([...PROJECT, ...args], { environment });

test(
  'docker compose up brings the platform up, and the app it deploys answers',
  { skip, timeout: 30 * 60_000 },
  async (t) => {
    await compose('build');
    for (const image of ['setup', 'worker', ...SERVICES])
      t.diagnostic(`bulkhead/${image}: ${megabytes(await sizeOf(`bulkhead/${image}`))} MB`);

    const startedAt = Date.now();
    await compose('up', '--detach', '--no-build');
    await waitUntil(async () => (await stateOf('deploy'))?.State === 'exited', 5 * 60_000, 1000);
    const deploy = await stateOf('deploy');
    const exited = deploy?.State === 'exited' && deploy.ExitCode === 0;
    assert.ok(exited, exited || (await compose('logs', '--no-color', '--tail', '60')));

    const ca = await compose('exec', '-T', 'edge', 'cat', '/var/lib/bulkhead/development-ca.pem');
    const url = `https://hello.bulkhead.localhost:${environment.BULKHEAD_EDGE_HTTPS_PORT}`;
    const visit = () => request(url, { ca }).catch(({ message }) => ({ status: 0, text: message }));
    await waitUntil(async () => (await visit()).status === 200, 60_000, 500);
    const { status, text } = await visit();
    assert.equal(status, 200, text);
    assert.match(text, /hello/i);
    t.diagnostic(`from compose up to the answer: ${Math.round((Date.now() - startedAt) / 1000)} s`);
  },
);

test('the administrator’s token opens the API', { skip }, async () => {
  const token = await compose(
    ...['run', '--rm', '--no-deps', '--entrypoint', 'cat', 'deploy', '/state/init/admin-token'],
  );
  const url = `http://127.0.0.1:${environment.BULKHEAD_API_PORT}/v1/apps?org_slug=personal`;
  const { status, text } = await request(url, { headers: { authorization: `Bearer ${token.trim()}` } });
  assert.equal(status, 200, text);
  assert.match(text, /"hello"/);
});

test(
  'no service but the machines’ host has any capability, and each runs as a user of its own',
  { skip },
  async () => {
    const users = [];
    for (const service of SERVICES) {
      const status = await compose('exec', '-T', service, 'cat', '/proc/1/status');
      assert.match(status, /^CapEff:\s+0+$/m, service);
      users.push(/^Uid:\s+(\d+)/m.exec(status)[1]);
    }
    assert.equal(new Set([...users, '0']).size, users.length + 1);
  },
);

test('docker compose down leaves nothing', { skip, timeout: 5 * 60_000 }, async () => {
  await compose('down', '--volumes');
  assert.equal(await engine.docker(['ps', '--all', '--quiet']), '');
  assert.equal(await engine.docker(['volume', 'ls', '--quiet']), '');
  const networks = await engine.docker(['network', 'ls', '--format', '{{.Name}}']);
  assert.deepEqual(networks.trim().split('\n').sort(), ['bridge', 'host', 'none']);
});

async function stateOf(service) {
  const lines = (await compose('ps', '--all', '--format', 'json', service))
    .trim()
    .split('\n')
    .filter(Boolean);
  return lines.map((line) => JSON.parse(line))[0];
}

const sizeOf = async (image) =>
  Number(await engine.docker(['image', 'inspect', '--format', '{{.Size}}', image]));

const megabytes = (bytes) => Math.round(bytes / 1e6);

import { systemClock } from '@bulkhead/journal';
import { writeLayout } from '@bulkhead/images/testing/layout';
import { TestRegistry } from '@bulkhead/images/testing/registry';
import { tarOf } from '@bulkhead/images/testing/tar';
import { run, scratch } from '@bulkhead/images/testing/tools';
import { HASTY, RegistryImages } from '../images/registry-images.js';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';

const { directory, clean } = scratch();
/** The user bob with the password "secret", as htpasswd writes it with bcrypt. */
const BOB = 'bob:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';
const CANARY = 'canary-52b7c1';

let registry: TestRegistry;
let platform: TestPlatform;
let image: string;
let foreign: string;
const known: string[] = [];

beforeAll(async () => {
  const images = new RegistryImages({
    sources: { layoutRoots: [], privateRegistries: [], insecureRegistries: known, ...HASTY },
    clock: systemClock,
    credential: (organization, host) => platform.vault.credential(organization, host),
  });
  [registry, platform] = await Promise.all([
    TestRegistry.start(await directory(), BOB),
    startTestPlatform({ images }),
  ]);
  known.push(registry.host);
  image = `${registry.host}/team/app:1`;
  const layout = await directory();
  await writeLayout(layout, { layers: [await tarOf([{ name: 'hello', content: 'world' }])] });
  const push = ['copy', '--insecure-policy', '--dest-tls-verify=false', '--dest-creds', 'bob:secret'];
  await run('skopeo', ...push, `oci:${layout}:latest`, `docker://${image}`);
  await platform.call('POST', '/v1/apps', { body: { name: 'web', org_slug: 'personal' } });
  await platform.call('POST', '/api/v1/organizations', { body: { name: 'others' } });
  await platform.call('POST', '/v1/apps', { body: { name: 'other-web', org_slug: 'others' } });
  const body = { name: 'foreign', access: 'full' };
  foreign = (await platform.call('POST', '/api/v1/organizations/others/tokens', { body })).json.token;
}, 60_000);
afterAll(async () => {
  await Promise.all([platform.stop(), registry.stop()]);
  await clean();
});

const at = (organization: string, host = registry.host) =>
  `/api/v1/organizations/${organization}/registries/${encodeURIComponent(host)}`;
const set = (organization: string, password: string, host?: string) =>
  platform.call('PUT', at(organization, host), { body: { username: 'bob', password } });
const create = (app: string, token = platform.admin) =>
  platform.call('POST', `/v1/apps/${app}/machines`, { token, body: { config: { image } } });
const unauthorized = { status: 422, json: { code: 'image_unauthorized' } };

it("gives a private image to the organization whose credential is right, and to nobody else's", async () => {
  expect(await create('web')).toMatchObject(unauthorized);
  expect((await set('personal', 'guess')).status).toBe(200);
  expect(await create('web')).toMatchObject(unauthorized);
  await set('personal', 'secret');
  const { status, json } = await create('web');
  expect({ status, digest: json.image_ref?.digest }).toEqual({
    status: 200,
    digest: expect.stringMatching(/^sha256:/),
  });
  expect(platform.scheduler.heard.at(-1)?.input).toMatchObject({
    config: { resolved_image: { digest: json.image_ref.digest, credential: registry.host } },
  });
  expect(await create('other-web', foreign)).toMatchObject(unauthorized);
  expect(
    await platform.call('PUT', at('personal'), { token: foreign, body: { username: 'a', password: 'b' } }),
  ).toMatchObject({ status: 404 });
});

it('shows names, by one spelling of each, and never a password', async () => {
  await set('others', CANARY, 'REGISTRY.example:5000');
  await set('others', CANARY, 'docker.io');
  const listed = await platform.call('GET', '/api/v1/organizations/others/registries', { token: foreign });
  expect(listed.json.registries.map((one: { registry: string }) => one.registry).toSorted()).toEqual([
    'registry-1.docker.io',
    'registry.example:5000',
  ]);
  expect((await platform.call('DELETE', at('others', 'index.docker.io'))).status).toBe(200);
  expect((await platform.call('DELETE', at('others', 'docker.io'))).status).toBe(404);
});

it.each([
  ['a host that is none', 'UP PER', { username: 'a', password: 'b' }, /^registry: /],
  ['a user name with a colon', 'registry.example', { username: 'a:b', password: CANARY }, /^username: /],
  [
    'a password with a line break',
    'registry.example',
    { username: 'a', password: `${CANARY}\n` },
    /^password: /,
  ],
  ['no password', 'registry.example', { username: 'a' }, /^password: /],
  ['something else beside', 'registry.example', { username: 'a', password: CANARY, token: 'x' }, /^token: /],
])('refuses %s', async (_what, host, body, message) => {
  const answer = await platform.call('PUT', at('personal', host), { body });
  expect(answer).toMatchObject({
    status: 400,
    json: { code: 'invalid_request', error: expect.stringMatching(message) },
  });
  expect(JSON.stringify(answer.json)).not.toContain(CANARY);
});

it('logs and keeps no password', async () => {
  await set('personal', CANARY, 'quiet.example');
  const forms = [
    CANARY,
    Buffer.from(`bob:${CANARY}`).toString('base64'),
    Buffer.from(CANARY).toString('hex'),
  ];
  expect(platform.log.length).toBeGreaterThan(0);
  for (const form of forms) expect(platform.log.filter((line) => line.includes(form))).toEqual([]);
  const tables = await platform.service.api.database.query<{ text: string }>(
    `select query_to_xml(format('select * from %I.%I', schemaname, tablename), true, false, '')::text as text
     from pg_tables where schemaname = 'api'`,
  );
  expect(tables.length).toBeGreaterThan(5);
  for (const form of forms) expect(tables.filter(({ text }) => text.includes(form))).toEqual([]);
});

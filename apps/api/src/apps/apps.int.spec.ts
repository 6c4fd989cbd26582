import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
}, 60_000);
afterAll(() => platform.stop());

const create = (name: string, more: object = {}) =>
  platform.call('POST', '/v1/apps', { body: { name, org_slug: 'personal', ...more } });
const names = async () => {
  const { json } = await platform.call('GET', '/v1/apps?org_slug=personal');
  expect(json.total_apps).toBe(json.apps.length);
  return json.apps.map(({ name }: { name: string }) => name);
};

it('can be read at once, whole', async () => {
  const made = await create('web');
  expect(made).toMatchObject({
    status: 201,
    json: {
      id: expect.stringMatching(/^app_/),
      name: 'web',
      status: 'pending',
      machine_count: 0,
      organization: { slug: 'personal', internal_numeric_id: 1 },
    },
  });
  expect((await platform.call('GET', '/v1/apps/web')).json).toEqual(made.json);
  expect(await names()).toContain('web');
});

it('has a name of its own on the whole platform, made up where none is given', async () => {
  await create('taken');
  await platform.call('POST', '/api/v1/organizations', { body: { name: 'others' } });
  expect(await create('taken', { org_slug: 'others' })).toMatchObject({
    status: 422,
    json: { code: 'name_taken', status: 'name_taken', error: 'Name has already been taken' },
  });
  const { json } = await platform.call('POST', '/v1/apps', { body: { org_slug: 'personal' } });
  expect(json.name).toMatch(/^app-[0-9a-z]{12}$/);
});

it('is made once however often it is asked for under one key', async () => {
  const headers = { 'idempotency-key': 'one-app' };
  const body = { name: 'once', org_slug: 'personal' };
  const both = await Promise.all([1, 2].map(() => platform.call('POST', '/v1/apps', { headers, body })));
  expect(both[0]?.json.id).toBe(both[1]?.json.id);
  expect(
    (await platform.call('POST', '/v1/apps', { headers, body: { ...body, name: 'twice' } })).json.code,
  ).toBe('idempotency_key_reused');
});

it.each([
  [{ name: 'Not A Label' }, 400, 'invalid_request'],
  [{ name: 'x', network: 'mine' }, 400, 'network_not_found'],
  [{ name: 'x', org_slug: 'nowhere' }, 404, 'not_found'],
])('is refused as %j', async (body, status, code) => {
  expect(await create('x', body)).toMatchObject({ status, json: { code } });
});

it('goes with its machines, and leaves its name to others', async () => {
  await create('short');
  const { json } = await platform.call('POST', '/v1/apps/short/machines', {
    body: { config: { image: 'nginx' } },
  });
  expect((await platform.call('GET', '/v1/apps/short')).json).toMatchObject({
    status: 'deployed',
    machine_count: 1,
  });
  expect((await platform.call('DELETE', '/v1/apps/short')).status).toBe(202);
  expect((await platform.call('GET', '/v1/apps/short')).status).toBe(404);
  const machines = await platform.call('GET', '/v1/orgs/personal/machines?include_deleted=true');
  expect(machines.json.machines.find(({ id }: { id: string }) => id === json.id).state).toBe('destroyed');
  expect((await create('short')).status).toBe(201);
});

it('stays while a machine of it does not go', async () => {
  await create('stuck');
  await platform.call('POST', '/v1/apps/stuck/machines', { body: { config: { image: 'nginx' } } });
  platform.scheduler.frozen = true;
  const gone = new AbortController();
  const deleting = fetch(`${platform.url}/v1/apps/stuck`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${platform.admin}` },
    signal: gone.signal,
  });
  while (!platform.scheduler.heard.some(({ name }) => name === 'destroy-machine'))
    await platform.call('GET', '/v1/apps/stuck');
  gone.abort();
  await expect(deleting).rejects.toThrow();
  platform.scheduler.frozen = false;
  expect((await platform.call('GET', '/v1/apps/stuck')).status).toBe(200);
  expect((await create('stuck')).status).toBe(422);
});

it('is refused beyond the quota of its organization, which is named', async () => {
  await platform.call('POST', '/api/v1/organizations', { body: { name: 'crowd' } });
  const all = await Promise.all(
    Array.from({ length: 101 }, (_, index) => create(`crowd-${index}`, { org_slug: 'crowd' })),
  );
  // Others may be made and not yet readable (504), where the machine is busy.
  const refused = all.filter(({ status }) => status === 403);
  expect(refused).toHaveLength(1);
  expect(refused[0]).toMatchObject({
    status: 403,
    json: { code: 'quota_exceeded', details: { quota: 'apps', limit: 100 } },
  });
});

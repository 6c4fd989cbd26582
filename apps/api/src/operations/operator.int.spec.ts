import { newHostId } from '@bulkhead/contracts';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
}, 60_000);
afterAll(() => platform.stop());

const call: TestPlatform['call'] = (...asked) => platform.call(...asked);

describe('a host', () => {
  it('joins with a token that is shown to whoever made it, and to a repeated request alone', async () => {
    const ask = { body: { kind: 'worker', expires_in: 3600 }, headers: { 'idempotency-key': 'join-1' } };
    const made = await call('POST', '/api/v1/join-tokens', ask);
    expect(made).toMatchObject({
      status: 201,
      json: { kind: 'worker', name: expect.stringMatching(/^host_/), token: expect.any(String) },
    });
    expect(made.headers.get('cache-control')).toBe('no-store');
    const left = new Date(made.json.expires_at).getTime() - Date.now();
    expect(left).toBeGreaterThan(3_500_000);
    expect(left).toBeLessThanOrEqual(3_600_000);
    expect((await call('POST', '/api/v1/join-tokens', ask)).json).toEqual(made.json);
    expect(platform.vault.actors.at(-1)).toMatchObject({ kind: 'token', id: expect.stringMatching(/^tok_/) });
    expect(platform.log.join('')).not.toContain(made.json.token);

    expect((await call('DELETE', `/api/v1/join-tokens/${made.json.id}`)).json).toEqual({ ok: true });
    expect((await call('DELETE', '/api/v1/join-tokens/unknown')).status).toBe(404);
  });

  it.each([
    [{ kind: 'vault' }],
    [{ kind: 'operator' }],
    [{ kind: 'worker', name: 'mine' }],
    [{ kind: 'edge', expires_in: 31 * 86_400 }],
  ])('does not join as %j', async (body) => {
    expect(await call('POST', '/api/v1/join-tokens', { body })).toMatchObject({
      status: 400,
      json: { code: 'invalid_request' },
    });
  });

  it('is removed at the scheduler and at the vault, also when the vault was down in between', async () => {
    const { host } = platform.scheduler;
    const remove = () => call('DELETE', `/api/v1/hosts/${host}`);
    platform.vault.isDown = true;
    const half = await remove();
    platform.vault.isDown = false;
    expect(half).toMatchObject({ status: 503, json: { code: 'identity_remains' } });
    expect(half.headers.get('retry-after')).toBe('1');
    expect(platform.vault.removed).toEqual([]);

    expect(await remove()).toMatchObject({ status: 200, json: { id: host, status: 'removed' } });
    expect(platform.vault.removed).toEqual([`worker/${host}`]);
  });

  it('that runs no machines is removed by its identity', async () => {
    const edge = newHostId();
    expect((await call('DELETE', `/api/v1/identities/edge/${edge}`)).json).toEqual({ ok: true });
    expect(platform.vault.removed).toContain(`edge/${edge}`);
    expect((await call('DELETE', `/api/v1/identities/vault/${edge}`)).status).toBe(400);
  });

  it('may be given up with most others', async () => {
    expect((await call('POST', '/api/v1/hosts/release-hold')).json).toEqual({ ok: true });
    expect(platform.scheduler.heard.at(-1)).toMatchObject({
      name: 'release-hold',
      credential: expect.any(String),
    });
  });
});

describe('the quota of an organization', () => {
  const path = '/api/v1/organizations/personal/quota';

  it('changes where it is named, at the scheduler too', async () => {
    const before = (await call('GET', path)).json;
    expect(before).toEqual({ apps: 100, machines: 100, cpus: 128, memory_mb: 262_144 });
    const changed = await call('PATCH', path, { body: { apps: 1, cpus: 4 } });
    expect(changed).toMatchObject({ status: 200, json: { ...before, apps: 1, cpus: 4 } });
    expect((await call('GET', path)).json).toEqual(changed.json);
    expect(platform.scheduler.heard.at(-1)).toMatchObject({
      name: 'set-quota',
      input: { limits: { apps: 1, machines: 100, cpus: 4, memoryMb: 262_144 } },
    });
  });

  it('bounds the apps', async () => {
    const create = (name: string) => call('POST', '/v1/apps', { body: { name, org_slug: 'personal' } });
    expect((await create('first')).status).toBe(201);
    expect(await create('second')).toMatchObject({ status: 403, json: { code: 'quota_exceeded' } });
  });

  it('is of an organization that is there, and no less than nothing', async () => {
    expect((await call('PATCH', '/api/v1/organizations/nowhere/quota', { body: {} })).status).toBe(404);
    expect((await call('PATCH', path, { body: { apps: -1 } })).status).toBe(400);
  });
});

it('places a machine elsewhere because its owner says so', async () => {
  await call('PATCH', '/api/v1/organizations/personal/quota', { body: { apps: 10 } });
  await call('POST', '/v1/apps', { body: { name: 'web', org_slug: 'personal' } });
  const made = await call('POST', '/v1/apps/web/machines', { body: { config: { image: 'nginx' } } });
  const moved = await call('POST', `/api/v1/apps/web/machines/${made.json.id}/replace`);
  expect(moved).toMatchObject({ status: 200, json: { id: made.json.id } });
  expect(platform.scheduler.heard.at(-1)).toMatchObject({ name: 'replace-machine' });
});

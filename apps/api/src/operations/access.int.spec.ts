import { OPERATIONS } from './all.js';
import type { Operation } from './operation.js';
import { startTestPlatform, type Answer, type TestPlatform } from '../testing/test-platform.js';

/** What each operation needs to be understood; one that needs a body and has none here fails the test below. */
const BODIES: Readonly<Record<string, unknown>> = {
  'apps.create': { name: 'another', org_slug: 'personal' },
  'machines.create': { config: { image: 'nginx' } },
  'machines.update': { config: { image: 'nginx' } },
  'machines.signal': { signal: 'SIGHUP' },
  'machines.exec': { cmd: 'true' },
  'machines.replace-metadata': { metadata: {} },
  'machines.patch-metadata': { metadata: {} },
  'machines.set-metadata-key': { value: 'x' },
  'organizations.create': { name: 'third' },
  'organizations.set-quota': { machines: 200 },
  'users.create': { name: 'Ada', email: 'ada@example.org' },
  'members.set': { role: 'viewer' },
  'join-tokens.create': { kind: 'edge' },
  'registries.set': { username: 'bob', password: 'secret' },
  'tokens.create': { name: 'ci', access: 'read' },
  'journals.reconcile': { how: 'adopt' },
  'parked.retry': { service: 'api', reader: 'api-tenants', work: 'app/x' },
  'parked.discard': { service: 'api', reader: 'api-tenants', work: 'app/x' },
  'replays.start': { service: 'api', projection: 'api-tenants' },
};
const QUERIES: Readonly<Record<string, string>> = {
  'apps.list': '?org_slug=personal',
  'machines.wait': '?timeout=0',
  'audit.consistency': '?from=0&to=0',
  'history.get': '?at=1',
};

let platform: TestPlatform;
let machine: string;
const tokens: Record<'full' | 'read' | 'foreign', string> = { full: '', read: '', foreign: '' };

const tokenFor = async (slug: string, access: string) =>
  (await platform.call('POST', `/api/v1/organizations/${slug}/tokens`, { body: { name: access, access } }))
    .json.token;

beforeAll(async () => {
  platform = await startTestPlatform();
  await platform.call('POST', '/api/v1/organizations', { body: { name: 'others' } });
  await platform.call('POST', '/v1/apps', { body: { name: 'web', org_slug: 'personal' } });
  const made = await platform.call('POST', '/v1/apps/web/machines', { body: { config: { image: 'nginx' } } });
  machine = made.json.id;
  tokens.full = await tokenFor('personal', 'full');
  tokens.read = await tokenFor('personal', 'read');
  tokens.foreign = await tokenFor('others', 'full');
}, 60_000);
afterAll(() => platform.stop());

const PATH_PARTS = (): Readonly<Record<string, string>> => ({
  app_name: 'web',
  machine_id: machine,
  org_slug: 'personal',
  key: 'role',
  token: `tok_${'0'.repeat(26)}`,
  host: platform.scheduler.host,
  event: 'api-1-0',
  journal: 'api',
  kind: 'app',
  join_token: 'token-0',
  host_kind: 'edge',
  name: 'web',
  registry: 'registry.example:5000',
  replay: 'api.unknown',
  user: `usr_${'0'.repeat(26)}`,
});

function ask({ name, method, path }: Operation, token: string | null, replaced = {}): Promise<Answer> {
  const parts: Readonly<Record<string, string>> = { ...PATH_PARTS(), ...replaced };
  const url = path.replace(/:(\w+)/g, (_, part: string) => parts[part] ?? part) + (QUERIES[name] ?? '');
  const body = BODIES[name];
  return platform.call(method, url, { token, ...(body === undefined ? {} : { body }) });
}

/** Reads first and what ends things last, so that each operation still finds what it is about. */
const ORDER = ['GET', 'PUT', 'PATCH', 'POST', 'DELETE'];
const ordered = OPERATIONS.toSorted(
  (one, other) =>
    ORDER.indexOf(one.method) - ORDER.indexOf(other.method) ||
    Number(one.name === 'apps.delete') - Number(other.name === 'apps.delete'),
);
const guarded = ordered.filter(({ access }) => access.on !== 'nobody');
const owned = guarded.filter(({ access }) => access.on !== 'caller' && access.on !== 'platform');
const cases = (operations: readonly Operation[]) =>
  operations.map((operation) => [operation.name, operation] as const);

const isCleared = ({ json }: Answer) =>
  !['unauthenticated', 'forbidden', 'invalid_request'].includes(json?.code);

it('gives every operation a name of its own and a path of its own', () => {
  expect(new Set(OPERATIONS.map(({ name }) => name)).size).toBe(OPERATIONS.length);
  expect(new Set(OPERATIONS.map(({ method, path }) => `${method} ${path}`)).size).toBe(OPERATIONS.length);
});

describe('without a valid token', () => {
  it.each(cases(guarded))('%s is refused', async (_name, operation) => {
    for (const token of [null, 'bhk_' + 'A'.repeat(43), 'hunter2'])
      expect(await ask(operation, token)).toMatchObject({
        status: 401,
        json: { code: 'unauthenticated', error: 'Authenticate: token validation error' },
      });
  });

  it.each(cases(ordered.filter(({ access }) => access.on === 'nobody')))(
    '%s is open',
    async (_name, operation) => {
      expect((await ask(operation, null)).status).toBe(200);
    },
  );
});

describe("with another organization's token", () => {
  it.each(cases(owned))('%s finds nothing, as if it did not exist', async (_name, operation) => {
    const heard = platform.scheduler.heard.length;
    const foreign = await ask(operation, tokens.foreign);
    expect(foreign.status).toBe(404);
    const names = { app_name: 'nowhere', org_slug: 'nowhere' };
    if (operation.path.includes(':')) {
      const missing = await ask(operation, tokens.foreign, names);
      expect({ ...missing.json, request_id: '' }).toEqual({ ...foreign.json, request_id: '' });
    }
    expect(platform.scheduler.heard.length).toBe(heard);
  });

  it.each(cases(guarded.filter(({ access }) => access.on === 'platform')))(
    '%s is refused',
    async (_name, operation) => {
      const heard = platform.scheduler.heard.length;
      expect(await ask(operation, tokens.foreign)).toMatchObject({
        status: 403,
        json: { code: 'forbidden' },
      });
      expect(platform.scheduler.heard.length).toBe(heard);
    },
  );
});

describe('with a read token of the organization', () => {
  it.each(cases(owned))('%s is cleared if it only reads', async (_name, operation) => {
    const heard = platform.scheduler.heard.length;
    const answer = await ask(operation, tokens.read);
    if (operation.access.on !== 'nobody' && operation.access.action === 'read') {
      expect(isCleared(answer)).toBe(true);
      return;
    }
    expect(answer).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    expect(platform.scheduler.heard.length).toBe(heard);
  });
});

describe.each(['full', 'admin'] as const)('with a %s token', (role) => {
  it.each(cases(guarded))('%s is cleared where it may be', async (_name, operation) => {
    const answer = await ask(operation, role === 'admin' ? platform.admin : tokens.full);
    const forbidden = role === 'full' && operation.access.on === 'platform';
    if (forbidden) expect(answer).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    else expect(isCleared(answer)).toBe(true);
  });
});

it('forgets a token that is revoked, at once', async () => {
  const made = await platform.call('POST', '/api/v1/organizations/personal/tokens', {
    body: { name: 'x', access: 'full' },
  });
  const { token, id } = made.json;
  expect((await platform.call('GET', '/v1/tokens/current', { token })).json.tokens).toEqual([
    {
      token_id: id,
      scope: 'organization',
      access: 'full',
      organization: expect.any(String),
      org_slug: 'personal',
    },
  ]);
  expect((await platform.call('DELETE', `/api/v1/organizations/personal/tokens/${id}`)).status).toBe(200);
  expect((await platform.call('GET', '/v1/tokens/current', { token })).status).toBe(401);
  const listed = await platform.call('GET', '/api/v1/organizations/personal/tokens');
  expect(listed.json.tokens.find((known: { id: string }) => known.id === id).revoked_at).not.toBeNull();
  expect(JSON.stringify(listed.json)).not.toContain(token);
});

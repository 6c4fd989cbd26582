import { EXIT } from '../exit-codes.js';
import { run } from '../run.js';
import { FakeApi } from '../testing/fake-api.js';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.close());

async function bulkhead(...args: readonly string[]) {
  const printed = { out: '', err: '' };
  const exitCode = await run({
    args,
    environment: { BULKHEAD_API_URL: api.url, BULKHEAD_TOKEN: 'token', BULKHEAD_ORG: 'acme' },
    directory: '/',
    streams: { out: (text) => void (printed.out += text), err: (text) => void (printed.err += text) },
  });
  return { exitCode, ...printed };
}

const ada = { id: 'usr_1', name: 'Ada', email: 'ada@people.example' };
const path = '/api/v1/organizations/acme/members';

it('makes people known, and lists them', async () => {
  api.answer('POST /api/v1/users', [201, ada]);
  api.answer('GET /api/v1/users', [200, { users: [ada] }]);
  expect((await bulkhead('users', 'create', ada.email, 'Ada')).out).toContain('members set usr_1');
  expect(api.received.at(-1)?.body).toEqual({ email: ada.email, name: 'Ada' });
  expect((await bulkhead('users', 'list')).out).toMatch(/^ID .*\nusr_1 +Ada +ada@people\.example$/m);
});

it('lets people into an organization, shows and removes them', async () => {
  api.answer(`PUT ${path}/usr_1`, [200, { ok: true }]);
  api.answer(`GET ${path}`, [200, { members: [{ user: ada, role: 'admin' }] }]);
  api.answer(`DELETE ${path}/usr_1`, [200, { ok: true }]);
  expect((await bulkhead('members', 'set', 'usr_1', 'admin')).out).toBe('usr_1 is admin of acme.\n');
  expect(api.received.at(-1)).toMatchObject({ method: 'PUT', body: { role: 'admin' } });
  expect((await bulkhead('members', 'list')).out).toMatch(/usr_1 +Ada +ada@people\.example +admin/);
  expect((await bulkhead('members', 'remove', 'usr_1')).out).toBe('Removed usr_1 from acme.\n');
});

it('knows the roles there are', async () => {
  const { exitCode, err } = await bulkhead('members', 'set', 'usr_1', 'king');
  expect(exitCode).toBe(EXIT.usage);
  expect(err).toContain('admin, member, deployer, viewer, auditor');
  expect(api.received).toEqual([]);
});

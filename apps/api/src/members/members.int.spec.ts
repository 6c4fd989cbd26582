import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';

let platform: TestPlatform;
let shared: string;
let ada: string;
let ben: string;

const person = (name: string) => ({ name, email: `${name}@people.example` });
const create = async (name: string) =>
  (await platform.call('POST', '/api/v1/users', { body: person(name) })).json.id;
const at = (organization: string, user: string) => `/api/v1/organizations/${organization}/members/${user}`;
const set = (organization: string, user: string, role: string) =>
  platform.call('PUT', at(organization, user), { body: { role } });
const members = async (organization: string, token = platform.admin) =>
  (await platform.call('GET', `/api/v1/organizations/${organization}/members`, { token })).json.members;

beforeAll(async () => {
  platform = await startTestPlatform();
  shared = 'shared';
  await platform.call('POST', '/api/v1/organizations', { body: { name: shared } });
  [ada, ben] = [await create('ada'), await create('ben')];
}, 60_000);
afterAll(() => platform.stop());

it('knows people, each by one address', async () => {
  const twice = await platform.call('POST', '/api/v1/users', {
    body: { name: 'Ada', email: 'ADA@people.example' },
  });
  expect(twice).toMatchObject({ status: 422, json: { code: 'email_taken' } });
  const { json } = await platform.call('GET', '/api/v1/users');
  expect(json.users).toEqual([
    { id: ada, ...person('ada') },
    { id: ben, ...person('ben') },
  ]);
});

it('lets people into organizations, with a role each', async () => {
  expect(await set(shared, ada, 'viewer')).toMatchObject({ status: 422, json: { code: 'admin_needed' } });
  expect((await set(shared, ada, 'admin')).status).toBe(200);
  expect((await set(shared, ben, 'viewer')).status).toBe(200);
  expect((await set(shared, ben, 'deployer')).status).toBe(200);
  const both = [
    { user: { id: ada, ...person('ada') }, role: 'admin' },
    { user: { id: ben, ...person('ben') }, role: 'deployer' },
  ];
  expect(await members(shared)).toEqual(both);
  const body = { name: 'reader', access: 'read' };
  const made = await platform.call('POST', `/api/v1/organizations/${shared}/tokens`, { body });
  expect(await members(shared, made.json.token)).toEqual(both);
});

it('keeps the last admin, and lets others go', async () => {
  expect(await platform.call('DELETE', at(shared, ada))).toMatchObject({
    status: 409,
    json: { code: 'last_admin' },
  });
  expect((await platform.call('DELETE', at(shared, ben))).status).toBe(200);
  expect(await platform.call('DELETE', at(shared, ben))).toMatchObject({ status: 404 });
  expect(await members(shared)).toHaveLength(1);
});

it('gives a personal organization one member, and nobody who is not there', async () => {
  expect((await set('personal', ada, 'admin')).status).toBe(200);
  expect(await set('personal', ben, 'viewer')).toMatchObject({ json: { code: 'organization_personal' } });
  const nobody = await set(shared, `usr_${'0'.repeat(26)}`, 'viewer');
  expect(nobody).toMatchObject({ status: 404, json: { error: 'user not found' } });
  expect(await set('nowhere', ada, 'viewer')).toMatchObject({ status: 404 });
});

it('records who changed what, and in no event, answer or log what anybody is called', async () => {
  const { database } = platform.service.api;
  const events = await database.query<{ type: string; actor: { kind: string }; data: { user: string } }>(
    `select type, actor, data from api_event where type like 'Member%' order by position, place`,
  );
  expect(events.slice(0, 2)).toMatchObject([
    { type: 'MemberAdded', actor: { kind: 'token' }, data: { user: ada, role: 'admin' } },
    { type: 'MemberAdded', actor: { kind: 'token' }, data: { user: ben, role: 'viewer' } },
  ]);
  const kept = await platform.superuser.query<{ tablename: string; text: string }>(
    `select tablename, query_to_xml(format('select * from %I.%I', schemaname, tablename), true, false, '')::text as text
     from pg_tables where schemaname = 'api'`,
  );
  const named = kept.rows.filter(({ text }) => text.includes('people.example'));
  expect(named.map(({ tablename }) => tablename)).toEqual(['person']);
  const bodies = await platform.superuser.query<{ text: string }>(
    `select convert_from(body, 'UTF8') as text from api.envelope union all select answer from api.command`,
  );
  expect(bodies.rows.filter(({ text }) => text?.includes('people.example'))).toEqual([]);
  expect(platform.log.filter((line) => line.includes('people.example'))).toEqual([]);
});

import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';

let platform: TestPlatform;
let organization: string;
let token: string;

beforeAll(async () => {
  platform = await startTestPlatform();
  const made = await platform.call('POST', '/api/v1/organizations', { body: { name: 'tenant' } });
  organization = made.json.id;
  ({ token } = (
    await platform.call('POST', '/api/v1/organizations/tenant/tokens', {
      body: { name: 'ci', access: 'read' },
    })
  ).json);
}, 60_000);
afterAll(() => platform.stop());
beforeEach(() => void platform.audit.asked.splice(0));

describe('the audit log', () => {
  it('shows its head, pages and consistency to the platform’s operator', async () => {
    expect((await platform.call('GET', '/api/v1/audit/head')).json).toEqual({
      origin: 'test/audit',
      note: 'a note',
      public_key: 'a key',
    });
    expect((await platform.call('GET', '/api/v1/audit/export?from=7')).json).toEqual({
      lines: ['a line'],
      next: 1,
      size: 1,
    });
    expect((await platform.call('GET', '/api/v1/audit/consistency?from=3&to=9')).json).toEqual({
      proof: ['a hash'],
    });
    expect(platform.audit.asked.map(({ input }) => input)).toEqual([{}, { from: 7 }, { from: 3, to: 9 }]);
    expect((await platform.call('GET', '/api/v1/audit/export?from=-1')).status).toBe(400);
  });

  it('is shown to no organization', async () => {
    for (const what of ['export?from=0', 'witnesses'])
      expect(await platform.call('GET', `/api/v1/audit/${what}`, { token })).toMatchObject({
        status: 403,
        json: { code: 'forbidden' },
      });
    expect(platform.audit.asked).toEqual([]);
  });

  it('shows head and consistency to every organization, so that each can be a witness', async () => {
    expect((await platform.call('GET', '/api/v1/audit/head', { token })).json.note).toBe('a note');
    expect((await platform.call('GET', '/api/v1/audit/consistency?from=0&to=1', { token })).status).toBe(200);
    expect((await platform.call('GET', '/api/v1/audit/head', { token: null })).status).toBe(401);
  });

  it('is asked for proofs of what the caller may see, and of nothing else', async () => {
    expect((await platform.call('GET', '/api/v1/audit/proofs/01known', { token })).status).toBe(200);
    expect((await platform.call('GET', '/api/v1/audit/proofs/scheduler-12-3', { token })).status).toBe(200);
    expect((await platform.call('GET', '/api/v1/audit/proofs/vault-5')).status).toBe(200);
    expect(platform.audit.asked.map(({ input }) => input)).toEqual([
      { event: { envelope: '01known' }, organization },
      { event: { journal: 'scheduler', position: 12 }, organization },
      { event: { journal: 'vault', position: 5 }, organization: 'all' },
    ]);
    expect(await platform.call('GET', '/api/v1/audit/proofs/nothing')).toMatchObject({
      status: 404,
      json: { code: 'not_found' },
    });
  });
});

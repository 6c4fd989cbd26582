import { connect } from 'node:net';
import { once } from 'node:events';
import fc from 'fast-check';
import { startTestPlatform, type Ask, type TestPlatform } from '../testing/test-platform.js';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
  await platform.call('POST', '/v1/apps', { body: { name: 'web', org_slug: 'personal' } });
}, 60_000);
afterAll(() => platform.stop());

const create = (body: unknown, ask: Ask = {}) =>
  platform.call('POST', '/v1/apps/web/machines', { body, ...ask });
const config = (part: object) => ({ config: { image: 'nginx', ...part } });
const json = { 'content-type': 'application/json' };

describe('a request that is not understood', () => {
  it.each<[string, unknown, number, string, RegExp]>([
    ['malformed JSON', '{"config": {"env": {"A": "hunter2"', 400, 'malformed_json', /not valid JSON/],
    [
      'a prototype in JSON',
      '{"__proto__": {}, "config": {"image": "nginx"}}',
      400,
      'malformed_json',
      /not valid JSON/,
    ],
    ['an array for an object', [], 400, 'invalid_request', /object/],
    ['no configuration', {}, 400, 'invalid_request', /^config/],
    ['an unknown field', { ...config({}), colour: 'red' }, 400, 'invalid_request', /^colour: unknown field/],
    [
      'an unknown field deep inside',
      config({ services: [{ protocol: 'tcp', internal_port: 80, ports: [{ port: 80, colour: 1 }] }] }),
      400,
      'invalid_request',
      /^config\.services\.0\.ports\.0\.colour: unknown field/,
    ],
    [
      'a field that is not offered',
      config({ mounts: [] }),
      400,
      'invalid_request',
      /^config\.mounts: .*does not offer/,
    ],
    ['a wrong type', config({ env: { A: 1 } }), 400, 'invalid_request', /^config\.env\.A/],
    ['a null where text is wanted', config({ env: { A: null } }), 400, 'invalid_request', /^config\.env\.A/],
    [
      'an impossible guest',
      config({ guest: { cpus: 3 } }),
      400,
      'invalid_request',
      /^config\.guest: shared guests have 1, 2, 4, 6, 8 cpus/,
    ],
    [
      'a guest out of this world',
      config({ guest: { memory_mb: 1e12 } }),
      400,
      'invalid_request',
      /^config\.guest\.memory_mb/,
    ],
    ['an image that is none', config({ image: '$(reboot)' }), 400, 'invalid_request', /^config\.image/],
    ['a name that is no label', { ...config({}), name: 'Not A Label' }, 400, 'invalid_request', /^name/],
    [
      'secrets that are not there',
      { ...config({}), min_secrets_version: 7 },
      412,
      'min_secrets_version_not_met',
      /version 0/,
    ],
  ])('%s is said plainly', async (_what, body, status, code, error) => {
    const heard = platform.scheduler.heard.length;
    const answer = await create(body, { headers: json });
    expect(answer).toMatchObject({
      status,
      json: { code, status: code, error: expect.stringMatching(error), request_id: expect.any(String) },
    });
    expect(answer.headers.get('fly-request-id')).toBe(answer.json.request_id);
    expect(platform.scheduler.heard.length).toBe(heard);
    expect(JSON.stringify(answer.json)).not.toContain('hunter2');
    expect(platform.log.join('')).not.toContain('hunter2');
  });

  it('may be too large, and says the limit', async () => {
    expect(await create(config({ env: { A: 'x'.repeat(1_100_000) } }))).toMatchObject({
      status: 413,
      json: { code: 'body_too_large' },
    });
    expect(await create(config({ env: { A: 'x'.repeat(70_000) } }))).toMatchObject({ status: 400 });
  });

  it('may be of another type than JSON', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await create('a=b', { headers })).toMatchObject({
      status: 415,
      json: { code: 'unsupported_media_type' },
    });
  });

  it('may go nowhere', async () => {
    expect(await platform.call('GET', '/v1/nothing')).toMatchObject({
      status: 404,
      json: { code: 'no_such_route' },
    });
    expect(await platform.call('GET', '/v1/apps/%E0%A4%A')).toMatchObject({
      status: 400,
      json: { code: 'malformed_path' },
    });
  });

  it('may have an unusable key', async () => {
    expect(await create(config({}), { headers: { 'idempotency-key': 'a b' } })).toMatchObject({
      status: 400,
      json: { code: 'invalid_idempotency_key' },
    });
  });

  it('is answered whatever it is, and begins nothing', async () => {
    const heard = platform.scheduler.heard.length;
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
        const answer = await create(JSON.stringify(value), { headers: json });
        expect(answer.status).toBe(400);
        expect(answer.json).toMatchObject({
          code: expect.stringMatching(/^(invalid_request|malformed_json)$/),
        });
      }),
      { numRuns: 50 },
    );
    expect(platform.scheduler.heard.length).toBe(heard);
  });
});

describe('bytes that are no request', () => {
  const send = async (bytes: string) => {
    const { port, hostname } = new URL(platform.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(bytes);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks).toString();
  };

  it('get a short answer and the end of the connection', async () => {
    expect(await send('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*malformed_http/);
    expect(await send(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 [\s\S]*head_too_large/,
    );
    expect(
      await send(
        'POST /v1/apps HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      ),
    ).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('when something else is amiss', () => {
  it('says so in a retryable way while the vault is away', async () => {
    const organization = await platform.call('POST', '/api/v1/organizations', { body: { name: 'fresh' } });
    expect(organization.status).toBe(201);
    await platform.call('POST', '/v1/apps', { body: { name: 'sealed', org_slug: 'fresh' } });
    platform.keys.away = true;
    const answer = await platform.call('POST', '/v1/apps/sealed/machines', {
      body: config({ env: { A: '1' } }),
    });
    platform.keys.away = false;
    expect(answer).toMatchObject({ status: 503, json: { code: 'vault_unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });
});

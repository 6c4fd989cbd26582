import { connect } from 'node:net';
import { request } from 'node:http';
import { connect as tlsConnect } from 'node:tls';
import { api, createApp, destroyApp, freshName, platform, sampleImage, visit } from './support/platform.js';

describe('organizations', () => {
  let mine: string;
  let token: string;
  let organization: string;
  beforeAll(async () => {
    mine = await createApp();
    organization = freshName('other');
    const made = await api('POST', '/api/v1/organizations', { name: organization });
    expect(made.status).toBeLessThan(300);
    const minted = await api('POST', `/api/v1/organizations/${made.json.slug}/tokens`, {
      name: 'theirs',
      access: 'full',
    });
    expect(minted.status).toBeLessThan(300);
    token = minted.json.token;
  });
  afterAll(() => destroyApp(mine));

  it('look to each other as if they were not there', async () => {
    for (const [method, path] of [
      ['GET', `/v1/apps/${mine}`],
      ['GET', `/v1/apps/${mine}/machines`],
      ['DELETE', `/v1/apps/${mine}`],
      ['GET', `/v1/apps/${platform.sampleApp.name}/machines`],
      ['GET', `/api/v1/apps/${mine}/logs`],
    ] as const)
      expect({ path, status: (await api(method, path, undefined, { token })).status }).toEqual({
        path,
        status: 404,
      });
    const list = await api('GET', `/v1/apps?org_slug=${platform.organization}`, undefined, { token });
    expect(list.text).not.toContain(mine);
  });

  it('refuse whoever has no token', async () => {
    for (const path of ['/v1/apps', `/v1/apps/${mine}`, '/v1/platform/regions'])
      expect((await api('GET', path, undefined, { token: null })).status).toBe(401);
    expect((await api('GET', `/v1/apps/${mine}`, undefined, { token: 'bhk_nonsense' })).status).toBe(401);
  });
});

describe('bad input', () => {
  let app: string;
  beforeAll(async () => (app = await createApp()));
  afterAll(() => destroyApp(app));
  const create = async (config: Record<string, unknown>) => {
    const body = { config: { image: await sampleImage(), ...config } };
    return api('POST', `/v1/apps/${app}/machines`, body);
  };

  it.each([
    ['malformed JSON', () => api('POST', '/v1/apps', '{"app_name":'), 400],
    ['a wrong type', () => create({ guest: { cpus: 'many' } }), 400],
    ['an unknown field', () => create({ imagination: true }), 400],
    ['an impossible guest', () => create({ guest: { cpu_kind: 'shared', cpus: 3, memory_mb: 64 } }), 400],
    ['a huge body', () => api('POST', '/v1/apps', `{"app_name":"${'x'.repeat(3_000_000)}"}`), 413],
    ['an unknown app', () => api('GET', '/v1/apps/no-such-app-here'), 404],
    ['an unknown machine', () => api('GET', `/v1/apps/${app}/machines/00000000000000`), 404],
  ])('%s is refused with a stable code, and nothing is made', async (_, call, status) => {
    const answer = await call();
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({
      error: expect.any(String),
      code: expect.stringMatching(/^[a-z_]+$/),
    });
    expect((await api('GET', `/v1/apps/${app}/machines`)).json).toEqual([]);
  });

  it('a retried create with one key makes one machine', async () => {
    const body = { config: { image: await sampleImage() }, skip_launch: true, name: 'once' };
    const key = freshName('once');
    const call = () => api('POST', `/v1/apps/${app}/machines`, body, { headers: { 'idempotency-key': key } });
    const [first, second] = await Promise.all([call(), call()]);
    expect(first.json.id).toBe(second.json.id);
    const other = await api('POST', `/v1/apps/${app}/machines`, body);
    expect(other).toMatchObject({ status: 409 });
    expect(other.text).toContain(first.json.id);
  });
});

describe('the edge', () => {
  const { port } = new URL(platform.edge.https);
  const name = `${platform.sampleApp.name}.${platform.edge.domain}`;

  it('gives nothing to names it does not know', async () => {
    const outcome = await new Promise<string>((resolve) => {
      const socket = tlsConnect({
        host: '127.0.0.1',
        port: Number(port),
        servername: `nobody.${platform.edge.domain}`,
        rejectUnauthorized: false,
      });
      socket.once('secureConnect', () => resolve('connected'));
      socket.once('error', () => resolve('refused'));
      socket.once('close', () => resolve('refused'));
    });
    expect(outcome).toBe('refused');
  });

  it('refuses a host that is not the name of the connection', async () => {
    expect(
      (await visit(platform.sampleApp.name, '/', { headers: { host: `other.${platform.edge.domain}` } }))
        .status,
    ).toBe(421);
  });

  it('sends plain requests to TLS', async () => {
    const http = new URL(platform.edge.http);
    const answer = await new Promise<{ status: number; location: string }>((resolve, reject) => {
      request(
        { host: '127.0.0.1', port: http.port, path: '/a?b', headers: { host: name }, agent: false },
        (response) => {
          response.resume();
          resolve({ status: response.statusCode ?? 0, location: String(response.headers.location) });
        },
      )
        .once('error', reject)
        .end();
    });
    expect([301, 308]).toContain(answer.status);
    expect(answer.location).toMatch(/^https:\/\/.*\/a\?b$/);
  });

  it('refuses a message that two readers could read differently', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const http = new URL(platform.edge.http);
      const socket = connect(Number(http.port), '127.0.0.1');
      let text = '';
      socket.once('error', reject);
      socket.on('data', (chunk) => (text += String(chunk)));
      socket.once('close', () => resolve(text));
      socket.write(
        `POST / HTTP/1.1\r\nHost: ${name}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      );
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});

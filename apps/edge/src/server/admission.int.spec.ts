import { buffer } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { z } from 'zod';
import {
  type EdgeFixture,
  HOST,
  machineRow,
  onHead,
  RawClient,
  startEdge,
  startRawBackend,
  type RawBackend,
} from '../testing/edge-fixture.js';

let backend: RawBackend;
let heads: string[];
let edge: EdgeFixture;

beforeEach(async () => {
  heads = [];
  backend = await startRawBackend((socket) =>
    onHead(socket, (head) => {
      heads.push(head);
      socket.write('HTTP/1.1 200 OK\r\nServer: mine\r\nContent-Length: 2\r\n\r\nok');
    }),
  );
  edge = await startEdge();
  edge.route(
    machineRow({ port: backend.port, hsts: true }),
    machineRow({ port: backend.port, app: 'other', forceHttps: true }),
  );
});
afterEach(async () => {
  await edge.close();
  await backend.close();
});

const fieldsOf = (head: string) =>
  new Map(
    head
      .split('\r\n')
      .slice(1)
      .filter(Boolean)
      .map((line) => line.split(': ') as [string, string]),
  );

describe('who is answered', () => {
  test('a name of another app than TLS was set up for: 421', async () => {
    const client = await RawClient.https(edge);
    const text = await client.send('GET / HTTP/1.1\r\nHost: other.apps.localhost\r\n\r\n').until('</html>');
    expect(text).toMatch(/^HTTP\/1.1 421 /);
    expect(heads).toEqual([]);
    client.close();
  });

  test('an unknown name gets no TLS', async () => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: edge.https,
      servername: 'nobody.apps.localhost',
      ca: edge.ca,
    });
    await expect(once(socket, 'secureConnect')).rejects.toThrow();
    const nameless = connectTls({
      host: '127.0.0.1',
      port: edge.https,
      ca: edge.ca,
      checkServerIdentity: () => undefined,
    });
    await expect(once(nameless, 'secureConnect')).rejects.toThrow();
  });

  test.each(['nobody.apps.localhost', 'localhost', '127.0.0.1', 'hello.apps.localhost.evil.example'])(
    'an unknown name over plain HTTP gets not a byte: %s',
    async (host) => {
      const client = await RawClient.http(edge.http);
      expect(await client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`).ended()).toBe('');
      expect(edge.observer.refusals).toEqual(['unknown_host']);
    },
  );

  test('an app that exposes nothing on an entry is unknown there', async () => {
    const row = machineRow({ port: backend.port });
    edge.route({
      ...row,
      services: row.services.map((service) => ({ ...service, ports: service.ports.slice(1) })),
    });
    const plain = await RawClient.http(edge.http);
    expect(await plain.get('/').ended()).toBe('');
    const secure = await RawClient.https(edge);
    expect(await secure.get('/').until('ok')).toContain('200 OK');
    secure.close();
  });

  test('what is ambiguous: 400, and the connection closes', async () => {
    const client = await RawClient.http(edge.http);
    const text = await client.get('/', 'Content-Length: 1', 'Transfer-Encoding: chunked').ended();
    expect(text).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[^]*Connection: close/);
    expect(edge.observer.refusals).toEqual(['length_and_encoding']);
    expect(heads).toEqual([]);
  });

  test('TLS 1.2 and 1.3, nothing older', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = connectTls({
        host: '127.0.0.1',
        port: edge.https,
        servername: HOST,
        ca: edge.ca,
        minVersion: version,
        maxVersion: version,
      });
      await once(socket, 'secureConnect');
      expect(socket.getProtocol()).toBe(version);
      socket.destroy();
    }
    const old = connectTls({
      host: '127.0.0.1',
      port: edge.https,
      servername: HOST,
      ca: edge.ca,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    await expect(once(old, 'secureConnect')).rejects.toThrow();
  });
});

describe('what the app configures', () => {
  test('force_https redirects a read, and keeps the method of anything else', async () => {
    const client = await RawClient.http(edge.http);
    client.send('GET /a?b HTTP/1.1\r\nHost: other.apps.localhost:80\r\n\r\n');
    const location = `Location: https://other.apps.localhost:${edge.https}/a?b\r\n`;
    expect(await client.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 301 /);
    expect(client.text).toContain(location);
    expect(
      await client.send('POST /a HTTP/1.1\r\nHost: other.apps.localhost\r\n\r\n').until('308'),
    ).toBeTruthy();
    expect(heads).toEqual([]);
    client.close();
  });

  test('HSTS over TLS only', async () => {
    const secure = await RawClient.https(edge);
    expect(await secure.get('/').until('ok')).toContain('Strict-Transport-Security: max-age=31536000\r\n');
    const plain = await RawClient.http(edge.http);
    expect(await plain.get('/').until('ok')).not.toContain('Strict-Transport-Security');
    secure.close();
    plain.close();
  });
});

describe('what the machine is told', () => {
  test('who asks, where and how; whatever a client says about it is replaced', async () => {
    const client = await RawClient.https(edge);
    const lies = [
      'Fly-Client-IP: 6.6.6.6',
      'fly_client_ip: 6.6.6.6',
      'X-Forwarded-For: 6.6.6.6',
      'X-Forwarded-Host: evil',
      'Forwarded: for=6.6.6.6',
      'Fly-Request-Id: mine',
    ];
    const text = await client.get('/', ...lies).until('ok');
    const fields = fieldsOf(heads[0] ?? '');
    expect(heads[0]).not.toContain('6.6.6.6');
    expect(heads[0]).not.toContain('evil');
    expect(fields.get('Fly-Client-IP')).toBe('127.0.0.1');
    expect(fields.get('X-Forwarded-For')).toBe('127.0.0.1');
    expect(fields.get('X-Forwarded-Proto')).toBe('https');
    expect(fields.get('X-Forwarded-Port')).toBe(String(edge.https));
    expect(fields.get('Fly-Forwarded-Port')).toBe(String(edge.https));
    expect(fields.get('Fly-Region')).toBe('loc');
    expect(fields.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    const requestId = fields.get('Fly-Request-Id');
    expect(requestId).toMatch(/^[0-9A-Z]{26}-loc$/);
    expect(text).toContain(`Fly-Request-Id: ${requestId}\r\n`);
    expect(text).toContain('Server: bulkhead\r\n');
    expect(text).not.toContain('mine');
    client.close();
  });

  test('the trace that the client started goes on', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const client = await RawClient.http(edge.http);
    await client.get('/', `traceparent: 00-${traceId}-00f067aa0ba902b7-01`, 'tracestate: a=b').until('ok');
    const fields = fieldsOf(heads[0] ?? '');
    expect(fields.get('traceparent')).toMatch(
      new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`),
    );
    expect(fields.get('tracestate')).toBe('a=b');
    client.close();
  });

  test('what a configured proxy says about its client', async () => {
    const behind = await startEdge({ settings: { trustedProxies: ['127.0.0.0/8'] } });
    behind.route(machineRow({ port: backend.port }));
    const client = await RawClient.http(behind.http);
    await client
      .get('/', 'Fly-Client-IP: 192.0.2.7', 'X-Forwarded-For: 192.0.2.7', 'X-Forwarded-Proto: https')
      .until('ok');
    const fields = fieldsOf(heads[0] ?? '');
    expect(fields.get('Fly-Client-IP')).toBe('192.0.2.7');
    expect(fields.get('X-Forwarded-For')).toBe('192.0.2.7, 127.0.0.1');
    expect(fields.get('X-Forwarded-Proto')).toBe('https');
    client.close();
    await behind.close();
  });
});

test('an error page is JSON where the client prefers it, names the request and nothing else', async () => {
  edge.route(machineRow({ port: backend.port, change: { healthy: false } }));
  const client = await RawClient.http(edge.http);
  const json = await client.get('/', 'Accept: application/json').until('}\n');
  expect(json).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n[^]*Retry-After: 5\r\n/);
  const requestId = /Fly-Request-Id: (\S+)/.exec(json)?.[1];
  expect(JSON.parse(json.slice(json.indexOf('\r\n\r\n')))).toMatchObject({
    error: 'no_instance',
    request_id: requestId,
  });
  expect(await client.get('/').until('</html>')).toContain('Content-Type: text/html');
  client.close();
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a session of %s', (version) => {
  const session = async () => {
    const first = connectTls({
      ...{ host: '127.0.0.1', port: edge.https, servername: HOST, ca: edge.ca },
      maxVersion: version,
    });
    const [made] = z.tuple([z.custom<Uint8Array>()]).parse(await once(first, 'session'));
    first.destroy();
    return Buffer.from(made);
  };
  const resumed = async (to: EdgeFixture, made: Buffer, host: string) => {
    const socket = connectTls({
      ...{ host: '127.0.0.1', port: to.https, servername: HOST, ca: [edge.ca, to.ca] },
      session: made,
      maxVersion: version,
    });
    await once(socket, 'secureConnect');
    expect(socket.isSessionReused()).toBe(true);
    socket.end(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return (await buffer(socket)).toString('latin1');
  };

  test('is resumed by any thread', async () => {
    const made = await session();
    const other = await startEdge();
    other.route(machineRow({ port: backend.port }));
    expect(await resumed(other, made, HOST)).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    await other.close();
  });

  test('is for the app that was asked for, like any other', async () => {
    edge.route(machineRow({ port: backend.port }), machineRow({ port: backend.port, app: 'other' }));
    expect(await resumed(edge, await session(), 'other.apps.localhost')).toMatch(/^HTTP\/1.1 421 /);
  });
});

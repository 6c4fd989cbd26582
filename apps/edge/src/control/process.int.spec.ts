import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import {
  eventually,
  machineRow,
  onHead,
  RawClient,
  startRawBackend,
  type RawBackend,
} from '../testing/edge-fixture.js';
import { EdgeProcess } from '../testing/edge-process.js';

const HOST = 'hello.bulkhead.localhost';
const REQUEST = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

let directory: string;
let backend: RawBackend;
let held: (() => void)[];
let isHolding: boolean;
let edges: EdgeProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edge-'));
  held = [];
  edges = [];
  isHolding = false;
  backend = await startRawBackend((socket) =>
    onHead(socket, () => {
      const answer = () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      if (isHolding) held.push(answer);
      else answer();
    }),
  );
});
afterEach(async () => {
  for (const edge of edges) edge.signal('SIGKILL');
  await Promise.all(edges.map((edge) => edge.exit()));
  await backend.close();
  await rm(directory, { recursive: true });
});

const start = (environment: Record<string, string> = {}) => {
  const edge = EdgeProcess.start(directory, environment);
  edges.push(edge);
  return edge;
};
const routesFile = async (...rows: unknown[]) => {
  const path = join(directory, 'rows.json');
  await writeFile(path, JSON.stringify(rows));
  return { BULKHEAD_EDGE_ROUTES_FILE: path };
};
/** Asks until the app answers: routes arrive when they arrive. */
const asked = async (port: number) => {
  for (;;) {
    const client = await RawClient.http(port);
    const text = await client
      .send(REQUEST)
      .until('ok')
      .catch(() => undefined);
    client.close();
    if (text !== undefined) return text;
  }
};

const isListening = (port: number) =>
  RawClient.http(port).then(
    (client) => {
      client.close();
      return true;
    },
    () => false,
  );

test('serves over TLS from all threads, and tells what it did', async () => {
  const edge = start(await routesFile(machineRow({ port: backend.port })));
  const { http, https, operations } = await edge.ports();
  await asked(http);
  const ca = await readFile(join(directory, 'development-ca.pem'), 'utf8');
  for (let count = 0; count < 8; count++) {
    const socket = connectTls({ host: '127.0.0.1', port: https, servername: HOST, ca });
    socket.write(REQUEST);
    const text = await new Promise<string>((resolve) =>
      socket.once('data', (chunk) => resolve(chunk.toString())),
    );
    expect(text).toMatch(/^HTTP\/1.1 200 OK/);
    socket.destroy();
  }
  const metrics = await (await fetch(`http://127.0.0.1:${operations}/metrics`)).text();
  expect(metrics).toMatch(/^bulkhead_edge_requests_total\{app="hello",status="200"\} (9|1\d)$/m);
  expect(metrics).toMatch(/^bulkhead_edge_request_seconds_count (9|1\d)$/m);
  await eventually(() => edge.lines.filter(({ msg }) => msg === 'request').length >= 9);
  expect(new Set(edge.lines.filter(({ msg }) => msg === 'request').map((line) => line['thread'])).size).toBe(
    2,
  );
});

test('restarts from its own copy while nobody tells it anything', async () => {
  const first = start(await routesFile(machineRow({ port: backend.port })));
  await asked((await first.ports()).http);
  first.signal('SIGTERM');
  expect(await first.exit()).toBe(0);
  expect((await stat(join(directory, 'routes.json'))).mode & 0o777).toBe(0o600);
  const second = start();
  const client = await RawClient.http((await second.ports()).http);
  expect(await client.send(REQUEST).until('ok')).toContain('200 OK');
  client.close();
});

test('follows a file of routes, and keeps what it has where the file is wrong', async () => {
  const edge = start(await routesFile());
  const { http } = await edge.ports();
  await routesFile(machineRow({ port: backend.port }));
  await asked(http);
  await writeFile(join(directory, 'rows.json'), '[{"machine":"../../etc"}]');
  await edge.said('the routes file is wrong; the routes stay as they are');
  expect(await asked(http)).toContain('200 OK');
});

test('SIGTERM lets what was begun end, over all threads', async () => {
  const edge = start(await routesFile(machineRow({ port: backend.port })));
  const { http } = await edge.ports();
  await asked(http);
  isHolding = true;
  const clients = await Promise.all(Array.from({ length: 6 }, () => RawClient.http(http)));
  for (const client of clients) client.send(REQUEST);
  await eventually(() => held.length === clients.length);
  edge.signal('SIGTERM');
  while (await isListening(http)) await new Promise(setImmediate);
  for (const answer of held) answer();
  for (const client of clients) {
    expect(await client.ended()).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*Connection: close\r\n[^]*ok$/);
    client.socket.end();
  }
  expect(await edge.exit()).toBe(0);
});

test('a taken port is said plainly', async () => {
  const edge = start({ BULKHEAD_EDGE_HTTP_PORT: String(backend.port) });
  expect(await edge.exit()).toBe(1);
  expect(JSON.stringify(edge.lines)).toContain(
    `EADDRINUSE: address already in use 127.0.0.1:${backend.port}`,
  );
});

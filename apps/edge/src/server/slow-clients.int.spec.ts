import { connect } from 'node:net';
import { once } from 'node:events';
import {
  eventually,
  type EdgeFixture,
  HOST,
  machineRow,
  onHead,
  RawClient,
  startEdge,
  startRawBackend,
  type RawBackend,
} from '../testing/edge-fixture.js';

let edge: EdgeFixture;
let backend: RawBackend;

beforeEach(async () => {
  backend = await startRawBackend((socket) =>
    onHead(socket, (head) =>
      socket.write(
        head.startsWith('GET /big')
          ? 'HTTP/1.1 200 OK\r\n\r\n'
          : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      ),
    ),
  );
  edge = await startEdge({ limits: { head: 300, idle: 300, body: 300, clientStall: 300, linger: 100 } });
  edge.route(machineRow({ port: backend.port }));
});
afterEach(async () => {
  await edge.close();
  await backend.close();
});

/** Sends one byte at a time, until the connection is gone. */
function drip(client: RawClient, text: string): void {
  let at = 0;
  const timer = setInterval(() => {
    if (client.socket.writable && at < text.length) client.send(text[at++] ?? '');
    else clearInterval(timer);
  }, 40);
  client.socket.on('close', () => clearInterval(timer));
}

test('a head that never ends: 408 after its time, however busily it drips', async () => {
  const client = await RawClient.http(edge.http);
  drip(client, `GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-A: ${'a'.repeat(500)}`);
  expect(await client.ended()).toMatch(/^HTTP\/1.1 408 /);
  expect(backend.sockets).toHaveLength(0);
});

test('a connection that says nothing is closed without a word', async () => {
  const client = await RawClient.http(edge.http);
  expect(await client.ended()).toBe('');
});

test('an idle connection is closed after its time', async () => {
  const client = await RawClient.http(edge.http);
  await client.get('/').until('ok');
  expect(await client.ended()).toMatch(/ok$/);
});

test('a body that stops: 408, and the machine is let go', async () => {
  const silent = await startRawBackend((socket) => socket.resume());
  edge.route(machineRow({ port: silent.port }));
  const client = await RawClient.http(edge.http);
  const text = await client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 9\r\n\r\npart`).ended();
  expect(text).toMatch(/^HTTP\/1.1 408 /);
  expect(edge.limits.load(0) + edge.limits.load(1)).toBe(0);
  await silent.close();
});

test('a body that keeps coming is as slow as it likes', async () => {
  const client = await RawClient.http(edge.http);
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 20\r\n\r\n`);
  drip(client, 'a'.repeat(20));
  expect(await client.until('ok')).toContain('200 OK');
  client.close();
});

test('a client that takes nothing is cut off, and the machine let go', async () => {
  const flooding = await startRawBackend((socket) =>
    onHead(socket, () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n');
      const piece = Buffer.alloc(1024 * 1024);
      const fill = () => {
        while (socket.writable && socket.write(piece));
      };
      socket.on('drain', fill);
      fill();
    }),
  );
  edge.route(machineRow({ port: flooding.port }));
  const client = await RawClient.http(edge.http);
  client.socket.pause();
  client.get('/');
  await eventually(() => edge.observer.records.length === 1);
  expect(edge.observer.records).toMatchObject([{ status: 200, fault: 'client_closed' }]);
  expect(edge.observer.inFlight).toBe(0);
  client.close();
  await flooding.close();
});

test('a refused client that goes on sending is cut off', async () => {
  const socket = connect(edge.http, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  socket.write('BAD\r\n\r\n');
  const timer = setInterval(() => socket.write(Buffer.alloc(64 * 1024)), 5);
  await once(socket, 'close');
  clearInterval(timer);
  await eventually(() => edge.observer.connections === 0);
});

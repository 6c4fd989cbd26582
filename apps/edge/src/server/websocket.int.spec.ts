import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { acceptFor } from '../proxy/websocket.js';
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

const KEY = randomBytes(16).toString('base64');
const HANDSHAKE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  `Sec-WebSocket-Key: ${KEY}`,
  'Sec-WebSocket-Version: 13',
];
const switching = (accept = acceptFor(KEY)) =>
  `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;

let edge: EdgeFixture;
let backend: RawBackend;
let heads: string[];
const use = async (serve: (socket: Socket, head: string) => void) => {
  heads = [];
  backend = await startRawBackend((socket) => {
    const onFirst = (chunk: Buffer) => {
      heads.push(chunk.toString('latin1'));
      serve(socket, chunk.toString('latin1'));
    };
    socket.once('data', onFirst);
  });
  edge = await startEdge({ limits: { tunnel: 400 } });
  edge.route(machineRow({ port: backend.port }));
};
afterEach(async () => {
  await edge.close();
  await backend.close();
});

/** Answers the handshake, then repeats what it hears. */
const echo = (socket: Socket) => {
  socket.write(switching());
  socket.pipe(socket);
};

test('bytes pass both ways over TLS, from the first one behind the handshake', async () => {
  await use(echo);
  const client = await RawClient.https(edge);
  client.get('/socket', ...HANDSHAKE).send('early');
  expect(await client.until('early')).toMatch(
    /^HTTP\/1.1 101 [^]*\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/,
  );
  expect(heads[0]).toMatch(/\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n$/);
  await client.send(Buffer.alloc(300_000, 'x')).send('END').until('END');
  expect(client.text.endsWith(`${'x'.repeat(300_000)}END`)).toBe(true);
  expect(edge.observer.inFlight).toBe(1);
  client.close();
  await eventually(() => edge.observer.inFlight === 0);
});

test('each direction closes on its own', async () => {
  await use((socket) => {
    socket.write(switching());
    socket.on('end', () => socket.end('last words')).resume();
  });
  const client = await RawClient.http(edge.http);
  await client.get('/', ...HANDSHAKE).until('101');
  client.socket.end();
  expect(await client.ended()).toContain('last words');
});

test('the machine closes: what it said arrives, then the end', async () => {
  await use((socket) => socket.end(`${switching()}bye`));
  const client = await RawClient.http(edge.http);
  expect(await client.get('/', ...HANDSHAKE).ended()).toMatch(/bye$/);
  client.close();
});

test('a quiet tunnel is closed after its time', async () => {
  await use(echo);
  const client = await RawClient.http(edge.http);
  await client.get('/', ...HANDSHAKE).until('101');
  await client.ended();
  expect(edge.limits.load(0)).toBe(0);
});

test('a machine that declines answers as usual; what follows is read as a request', async () => {
  await use((socket, head) => {
    const answer = (text: string) =>
      socket.write(
        text.includes('/second')
          ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
          : 'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n',
      );
    answer(head);
    onHead(socket, answer);
  });
  const client = await RawClient.http(edge.http);
  client.get('/', ...HANDSHAKE).get('/second');
  expect(await client.until('ok')).toMatch(/^HTTP\/1.1 426 /);
  client.close();
});

test.each([
  ['does not know the key', switching('x3JJHMbDL1EzLkh9GBhXDw==')],
  ['names another protocol', switching().replace('Upgrade: websocket', 'Upgrade: h2c')],
])('a 101 that %s opens nothing', async (_name, response) => {
  await use((socket) => socket.write(response));
  const client = await RawClient.http(edge.http);
  expect(await client.get('/', ...HANDSHAKE).until('</html>')).toMatch(/^HTTP\/1.1 502 /);
  client.close();
});

test('any other upgrade is not passed on', async () => {
  await use((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  const client = await RawClient.http(edge.http);
  await client
    .send(
      `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    )
    .until('ok');
  expect(heads[0]).not.toMatch(/upgrade|http2/i);
  client.close();
});

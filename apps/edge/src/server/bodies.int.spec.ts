import { createHash } from 'node:crypto';
import { request as httpRequest, type RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type EdgeFixture,
  eventually,
  HOST,
  localDialer,
  machineRow,
  onHead,
  RawClient,
  startEdge,
  startHttpBackend,
  startRawBackend,
} from '../testing/edge-fixture.js';

let edge: EdgeFixture;
const closers: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  edge = await startEdge();
});
afterEach(async () => {
  await edge.close();
  for (const close of closers.splice(0)) await close();
});

const serve = async (listener?: RequestListener) => {
  const backend = await startHttpBackend(listener);
  closers.push(() => backend.close());
  edge.route(machineRow({ port: backend.port }));
  return backend.server;
};
const serveRaw = async (...parameters: Parameters<typeof startRawBackend>) => {
  const raw = await startRawBackend(...parameters);
  closers.push(() => raw.close());
  edge.route(machineRow({ port: raw.port }));
  return raw;
};
const echo: RequestListener = (request, response) => void request.pipe(response);

test('requests of one connection are answered in order, over one connection to the machine', async () => {
  const raw = await serveRaw((socket) =>
    onHead(socket, (head) => {
      const path = head.split(' ')[1] ?? '';
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
    }),
  );
  const client = await RawClient.http(edge.http);
  client.get('/1').get('/2').get('/3');
  const text = await client.until('/3');
  expect(text.match(/\r\n\r\n\/\d/g)).toEqual(['\r\n\r\n/1', '\r\n\r\n/2', '\r\n\r\n/3']);
  expect(raw.sockets).toHaveLength(1);
  client.close();
});

test('a chunked request and its chunked response stream through, trailers dropped', async () => {
  await serve(echo);
  const client = await RawClient.http(edge.http);
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
  expect(await client.until('hello')).toContain('Transfer-Encoding: chunked');
  client.send('6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n');
  const text = await client.until('0\r\n\r\n');
  expect(text).toContain('6\r\n world\r\n');
  expect(text).not.toContain('X-Trailer');
  client.close();
});

test('64 MiB both ways arrive unchanged', async () => {
  await serve(echo);
  const size = 64 * 1024 * 1024;
  const piece = Buffer.alloc(64 * 1024, 'bulkhead');
  const sent = createHash('sha256');
  const received = createHash('sha256');
  const request = httpRequest({
    port: edge.http,
    method: 'POST',
    headers: { host: HOST, 'content-length': size },
  });
  const answered = new Promise<number>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let total = 0;
      response.on('data', (chunk: Buffer) => {
        total += chunk.length;
        received.update(chunk);
      });
      response.on('end', () => resolve(total));
    });
  });
  for (let left = size; left > 0; left -= piece.length) {
    sent.update(piece);
    if (!request.write(piece)) await new Promise((resolve) => request.once('drain', resolve));
  }
  request.end();
  expect(await answered).toBe(size);
  expect(received.digest('hex')).toBe(sent.digest('hex'));
});

test('a client that takes nothing stops the machine from sending', async () => {
  const raw = await serveRaw((socket) =>
    onHead(socket, () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 268435456\r\n\r\n');
      const piece = Buffer.alloc(1024 * 1024);
      const fill = () => {
        while (socket.writable && socket.bytesWritten < 256 * 1024 * 1024 && socket.write(piece));
      };
      socket.on('drain', fill);
      fill();
    }),
  );
  const client = await RawClient.http(edge.http);
  client.socket.pause();
  client.get('/');
  await settled(() => raw.sockets[0]?.bytesWritten ?? 0);
  expect(raw.sockets[0]?.bytesWritten).toBeLessThan(64 * 1024 * 1024);
  client.close();
});

test('a machine that takes nothing stops the client from sending', async () => {
  await serveRaw((socket) => socket.pause());
  const client = await RawClient.http(edge.http);
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 268435456\r\n\r\n`);
  const piece = Buffer.alloc(1024 * 1024);
  const fill = () => {
    while (client.socket.bytesWritten < 256 * 1024 * 1024 && client.socket.write(piece));
  };
  client.socket.on('drain', fill);
  fill();
  const taken = await settled(() => client.socket.bytesWritten - client.socket.writableLength);
  expect(taken).toBeLessThan(64 * 1024 * 1024);
  client.close();
});

/** The value once it has stayed the same for a while. */
async function settled(value: () => number): Promise<number> {
  for (let last = -1; ;) {
    const now = value();
    if (now === last && now > 0) return now;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

describe('Expect: 100-continue', () => {
  const expecting = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`;

  test('is the machine to answer: its 100 is passed on before the body', async () => {
    await serve(echo);
    const client = await RawClient.http(edge.http);
    expect(await client.send(expecting).until('100 Continue')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect(await client.send('hello').until('hello')).toContain('HTTP/1.1 200 OK');
    client.close();
  });

  test('and may be refused: the body is never sent, the connection closes', async () => {
    const server = await serve();
    server.on('checkContinue', (_request, response) => response.writeHead(413).end());
    const client = await RawClient.http(edge.http);
    const text = await client.send(expecting).ended();
    expect(text).toMatch(/^HTTP\/1.1 413 [^]*Connection: close\r\n/);
  });
});

describe('responses without a body', () => {
  beforeEach(async () => {
    await serve((request, response) => {
      response.statusCode = Number(request.url?.slice(1));
      response.setHeader('content-length', 7);
      response.end(request.method === 'HEAD' || response.statusCode === 304 ? undefined : 'content');
    });
  });

  test('HEAD, 304: the length is told, the next response follows at once', async () => {
    const client = await RawClient.http(edge.http);
    client.send(`HEAD /200 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`).get('/304').get('/200');
    const text = await client.until('content');
    expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 304', 'HTTP/1.1 200']);
    expect(text.match(/Content-Length: 7/g)).toHaveLength(3);
    client.close();
  });
});

test('a 204 has neither body nor length', async () => {
  await serve((_request, response) => response.writeHead(204).end());
  const client = await RawClient.http(edge.http);
  const text = await client.get('/').get('/').until('204 No Content\r\n');
  expect(text).not.toContain('Content-Length');
  client.close();
});

describe('a response that ends with its connection', () => {
  const unframed = () =>
    serveRaw((socket) => onHead(socket, () => socket.end('HTTP/1.1 200 OK\r\n\r\nall there is')));

  test('is chunked for HTTP/1.1, so that the client sees its end and stays', async () => {
    await unframed();
    const client = await RawClient.http(edge.http);
    expect(await client.get('/').until('0\r\n\r\n')).toContain('Transfer-Encoding: chunked');
    expect(await client.get('/').until('0\r\n\r\n')).toContain('c\r\nall there is');
    client.close();
  });

  test('ends the connection of HTTP/1.0', async () => {
    await unframed();
    const client = await RawClient.http(edge.http);
    const text = await client.send(`GET / HTTP/1.0\r\nHost: ${HOST}\r\n\r\n`).ended();
    expect(text).toMatch(/Connection: close\r\n\r\nall there is$/);
    expect(text).not.toContain('chunked');
  });

  test('is cut off, not ended, where the machine broke off', async () => {
    await serveRaw((socket) =>
      onHead(socket, () => socket.write('HTTP/1.1 200 OK\r\n\r\npart', () => socket.resetAndDestroy())),
    );
    const client = await RawClient.http(edge.http);
    expect(await client.get('/').ended()).not.toContain('0\r\n\r\n');
    expect(client.hasEnded).toBe(false);
  });
});

test('a client that has said all it will say still gets its answer', async () => {
  await serve((_request, response) => void setTimeout(() => response.end('late'), 50));
  const client = await RawClient.http(edge.http);
  client.get('/').socket.end();
  expect(await client.ended()).toContain('late');
});

test('a client that had said everything before its machine was reached gets its answer', async () => {
  const backend = await startHttpBackend(echo);
  let reach: () => void = () => undefined;
  const isWanted = new Promise<void>((resolve) => (reach = resolve));
  const local = localDialer();
  const slow = await startEdge({
    dialer: { dial: (endpoint, signal) => isWanted.then(() => local.dial(endpoint, signal)) },
  });
  closers.push(
    () => slow.close(),
    () => backend.close(),
  );
  slow.route(machineRow({ port: backend.port }));
  const client = await RawClient.http(slow.http);
  client.socket.end(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 5\r\n\r\nhello`);
  await eventually(() => slow.observer.inFlight === 1);
  await sleep(20);
  reach();
  expect(await client.ended()).toContain('\r\nhello\r\n');
});

test('a client that leaves in the middle frees the machine', async () => {
  const raw = await serveRaw((socket) =>
    onHead(socket, () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na')),
  );
  const client = await RawClient.http(edge.http);
  await client.get('/').until('\r\n\r\na');
  const closed = new Promise((resolve) => raw.sockets[0]?.once('close', resolve).resume());
  raw.sockets[0]?.on('end', () => raw.sockets[0]?.end());
  client.socket.resetAndDestroy();
  await closed;
  expect(edge.observer.records).toMatchObject([{ status: 200, fault: 'client_closed' }]);
});

test('an answer before the whole request closes the connection once it is given', async () => {
  await serve((_request, response) => response.writeHead(413).end('too much'));
  const request = httpRequest({
    port: edge.http,
    method: 'POST',
    headers: { host: HOST, 'content-length': 1_000_000 },
  });
  request.on('error', () => undefined);
  request.write('a');
  const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
    request.on('response', resolve),
  );
  expect(response.headers.connection).toBe('close');
  expect((await buffer(response)).toString()).toBe('too much');
});

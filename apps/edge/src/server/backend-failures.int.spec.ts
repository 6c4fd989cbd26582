import type { Socket } from 'node:net';
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
const backends: RawBackend[] = [];

beforeEach(async () => {
  edge = await startEdge({ limits: { upstream: 200 } });
});
afterEach(async () => {
  await edge.close();
  for (const backend of backends.splice(0)) await backend.close();
});

const backend = async (serve: (socket: Socket, index: number) => void) => {
  const started = await startRawBackend(serve);
  backends.push(started);
  return started;
};
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const healthy = () => backend((socket) => onHead(socket, () => socket.write(OK)));
const statusOf = (text: string) => Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]);
const POST = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 2\r\n\r\nhi`;

/** A port that refuses connections. */
async function deadPort(): Promise<number> {
  const gone = await startRawBackend(() => undefined);
  await gone.close();
  return gone.port;
}

describe('a machine that refuses connections', () => {
  test('costs nothing where another takes them, whatever the method', async () => {
    const good = await healthy();
    edge.route(machineRow({ port: await deadPort() }), machineRow({ port: good.port }));
    const client = await RawClient.http(edge.http);
    for (let round = 1; round <= 4; round++) {
      client.send(POST);
      await eventually(() => edge.observer.records.length === round);
    }
    expect(edge.observer.records.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    client.close();
  });

  test('is left alone for a while, and asked again where nobody else is there', async () => {
    const good = await healthy();
    const dead = machineRow({ port: await deadPort() });
    edge.route(dead, machineRow({ port: good.port }));
    const client = await RawClient.http(edge.http);
    for (let round = 1; round <= 6; round++) {
      client.get('/');
      await eventually(() => edge.observer.records.length === round);
    }
    expect(edge.observer.failedConnects).toBe(1);
    edge.route(dead);
    expect(await client.get('/').until('</html>')).toContain('HTTP/1.1 502 Bad Gateway');
    client.close();
  });

  test('is a 502 where it is the only one', async () => {
    edge.route(machineRow({ port: await deadPort() }));
    const client = await RawClient.http(edge.http);
    expect(statusOf(await client.get('/').until('</html>'))).toBe(502);
    expect(edge.observer.records).toMatchObject([{ fault: 'unreachable' }]);
    client.close();
  });
});

describe('a machine that closes without a response', () => {
  test('a read is sent to another machine', async () => {
    const bad = await backend((socket) => onHead(socket, () => socket.destroy()));
    const good = await healthy();
    edge.route(machineRow({ port: bad.port }), machineRow({ port: good.port }));
    const client = await RawClient.http(edge.http);
    client.get('/1').get('/2').get('/3');
    await eventually(() => edge.observer.records.length === 3);
    expect(edge.observer.records.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(bad.sockets.length).toBeGreaterThan(0);
    client.close();
  });

  test('a write is not: it may have been done', async () => {
    let heads = 0;
    const bad = await backend((socket) =>
      onHead(socket, () => {
        heads++;
        socket.destroy();
      }),
    );
    edge.route(machineRow({ port: bad.port }), machineRow({ port: bad.port }));
    const client = await RawClient.http(edge.http);
    expect(statusOf(await client.send(POST).until('</html>'))).toBe(502);
    expect(heads).toBe(1);
    client.close();
  });

  test('on a connection that had been idle, a read is sent again on a new one', async () => {
    const closing = await backend((socket, index) => {
      let served = 0;
      onHead(socket, () => (index === 0 && served++ > 0 ? socket.destroy() : socket.write(OK)));
    });
    edge.route(machineRow({ port: closing.port }));
    const client = await RawClient.http(edge.http);
    await client.get('/').until('ok');
    client.get('/');
    await eventually(() => edge.observer.records.length === 2);
    expect(edge.observer.records.map(({ status }) => status)).toEqual([200, 200]);
    expect(closing.sockets).toHaveLength(2);
    client.close();
  });
});

describe('a response that breaks off', () => {
  test.each([
    ['in its head', 'HTTP/1.1 200 OK\r\nContent-', 502],
    ['before its head, after an interim one', 'HTTP/1.1 103 Early Hints\r\n\r\n', 502],
  ])('%s is a 502, and not asked for again', async (_name, part, status) => {
    const broken = await backend((socket) => onHead(socket, () => socket.end(part)));
    edge.route(machineRow({ port: broken.port }));
    const client = await RawClient.http(edge.http);
    expect(await client.get('/').until('</html>')).toContain(`HTTP/1.1 ${status}`);
    expect(broken.sockets).toHaveLength(1);
    client.close();
  });

  test.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\npart'],
    ['before the last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
    ['with an invalid chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\nx'],
  ])('%s cuts the client off', async (_name, response) => {
    const broken = await backend((socket) => onHead(socket, () => socket.end(response)));
    edge.route(machineRow({ port: broken.port }));
    const client = await RawClient.http(edge.http);
    const text = await client.get('/').ended();
    expect(text).not.toContain('0\r\n\r\n');
    expect(client.hasEnded).toBe(false);
  });
});

describe('a response that cannot be framed is a 502', () => {
  test.each([
    ['both framings', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a bare line feed', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
    ['no HTTP', 'hello\r\n\r\n'],
    [
      'an upgrade nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ],
    ['endless interim responses', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(20)],
    ['an endless head', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(70_000)}`],
  ])('%s', async (_name, response) => {
    const bad = await backend((socket) => onHead(socket, () => socket.write(response)));
    edge.route(machineRow({ port: bad.port }));
    const client = await RawClient.http(edge.http);
    expect(await client.get('/').until('</html>')).toContain('HTTP/1.1 502 Bad Gateway');
    expect(edge.observer.records).toMatchObject([{ fault: 'bad_response', status: 502 }]);
    client.close();
  });
});

describe('a connection in doubt is never used again', () => {
  test.each([
    [
      'more bytes than the response',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison',
    ],
    ['a body after a 204', 'HTTP/1.1 204 No Content\r\n\r\npoison'],
    ['a close announced', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
  ])('%s', async (_name, response) => {
    const doubtful = await backend((socket) => onHead(socket, () => socket.write(response)));
    edge.route(machineRow({ port: doubtful.port }));
    const client = await RawClient.http(edge.http);
    client.get('/').get('/');
    await eventually(() => edge.observer.records.length === 2);
    expect(doubtful.sockets).toHaveLength(2);
    expect(client.text).not.toContain('poison');
    client.close();
  });

  test('bytes that come while it is idle', async () => {
    let say: () => void = () => undefined;
    const talkative = await backend((socket) => {
      say = () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
      onHead(socket, () => socket.write(OK));
    });
    edge.route(machineRow({ port: talkative.port }));
    const client = await RawClient.http(edge.http);
    await client.get('/').until('ok');
    const closed = new Promise((resolve) => talkative.sockets[0]?.once('end', resolve));
    say();
    await closed;
    client.get('/');
    await eventually(() => edge.observer.records.length === 2);
    expect(talkative.sockets).toHaveLength(2);
    expect(client.text).not.toContain('poison');
    client.close();
  });
});

test('a machine that says nothing is a 504', async () => {
  const mute = await backend((socket) => socket.resume());
  edge.route(machineRow({ port: mute.port }));
  const client = await RawClient.http(edge.http);
  expect(statusOf(await client.get('/').until('</html>'))).toBe(504);
  expect(mute.sockets).toHaveLength(1);
  client.close();
});

test('a machine that stops in the middle of its response cuts the client off', async () => {
  const stuck = await backend((socket) =>
    onHead(socket, () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart')),
  );
  edge.route(machineRow({ port: stuck.port }));
  const client = await RawClient.http(edge.http);
  await client.get('/').ended();
  expect(edge.observer.records).toMatchObject([{ status: 200, fault: 'response_timeout' }]);
});

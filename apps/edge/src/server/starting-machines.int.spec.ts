import { createServer, type Server, type Socket } from 'node:net';
import type { Dialer } from '../upstream/dialer.js';
import {
  eventually,
  HOST,
  localDialer,
  machineRow,
  onHead,
  RawClient,
  startEdge,
  startRawBackend,
  type EdgeFixture,
} from '../testing/edge-fixture.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const POST = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 2\r\n\r\nhi`;

let edge: EdgeFixture;
let now: number;
const closing: (() => Promise<unknown>)[] = [];

const start = async (dialer?: Dialer) => {
  now = Date.now();
  edge = await startEdge({ routedAt: () => now, ...(dialer ? { dialer } : {}) });
};
beforeEach(() => start());
afterEach(async () => {
  await edge.close();
  for (const close of closing.splice(0)) await close();
});

/** A port that refuses connections until `listen` is called. */
async function silentPort(): Promise<{ port: number; listen: () => Promise<unknown> }> {
  const { port, close } = await startRawBackend(() => undefined);
  await close();
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    onHead(socket, () => socket.write(OK));
  });
  const listen = () => {
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    return new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  };
  return { port, listen };
}

describe('a machine that has started and does not listen yet', () => {
  test('a request waits until it does, whatever its method', async () => {
    const { port, listen } = await silentPort();
    edge.route(machineRow({ port }));
    const reader = await RawClient.http(edge.http);
    const writer = await RawClient.http(edge.http);
    reader.get('/');
    writer.send(POST);
    await eventually(() => edge.observer.failedConnects >= 4);
    await listen();
    expect(await reader.until('ok')).toContain('200 OK');
    expect(await writer.until('ok')).toContain('200 OK');
    reader.close();
    writer.close();
  });

  test('a request that has waited for 5 s is told so', async () => {
    const { port } = await silentPort();
    edge.route(machineRow({ port }));
    const client = await RawClient.http(edge.http);
    expect(await client.get('/', 'Accept: application/json').until('}')).toMatch(
      /503 Service Unavailable[^]*Retry-After: 2[^]*"error":"not_listening"/,
    );
    client.close();
  });

  test('another machine of the app is asked before anybody waits', async () => {
    const { port } = await silentPort();
    const good = await startRawBackend((socket) => onHead(socket, () => socket.write(OK)));
    closing.push(good.close);
    edge.route(machineRow({ port }), machineRow({ port: good.port }));
    const client = await RawClient.http(edge.http);
    for (let round = 1; round <= 4; round++) {
      client.get('/');
      await eventually(() => edge.observer.records.length === round);
    }
    expect(edge.observer.records.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    client.close();
  });

  test('its health check rules: once it is unhealthy nobody waits for it', async () => {
    const { port } = await silentPort();
    const row = machineRow({ port });
    edge.route(row);
    const client = await RawClient.http(edge.http);
    client.get('/', 'Accept: application/json');
    await eventually(() => edge.observer.failedConnects >= 1);
    edge.route({ ...row, healthy: false });
    expect(await client.until('}')).toContain('"error":"no_instance"');
    client.close();
  });

  test('no more than a hundred requests of an app wait', async () => {
    const { port } = await silentPort();
    edge.route(machineRow({ port, concurrency: { soft_limit: 500, hard_limit: 500 } }));
    const clients = await Promise.all(Array.from({ length: 101 }, () => RawClient.http(edge.http)));
    for (const client of clients) client.get('/');
    await eventually(() => edge.observer.records.length > 0);
    expect(edge.observer.records).toMatchObject([{ status: 503, fault: 'not_listening' }]);
    for (const client of clients) client.socket.resetAndDestroy();
    await eventually(() => edge.observer.inFlight === 0);
  });

  test('a client that goes away is no longer waited for', async () => {
    const { port } = await silentPort();
    edge.route(machineRow({ port }));
    const client = await RawClient.http(edge.http);
    client.get('/');
    await eventually(() => edge.observer.failedConnects >= 1);
    client.socket.resetAndDestroy();
    await eventually(() => edge.observer.records.length === 1);
    expect(edge.observer.records).toMatchObject([{ status: 0, fault: 'client_closed' }]);
  });

  test('is one that refuses once it has been there for 30 s', async () => {
    const { port } = await silentPort();
    now -= 30_000;
    edge.route(machineRow({ port }));
    const client = await RawClient.http(edge.http);
    expect(await client.get('/').until('</html>')).toContain('502 Bad Gateway');
    client.close();
  });

  test('is waited for again after it was stopped and started', async () => {
    const { port, listen } = await silentPort();
    const row = machineRow({ port });
    now -= 30_000;
    edge.route(row);
    edge.route({ ...row, started: false });
    now += 30_000;
    edge.route(row);
    const client = await RawClient.http(edge.http);
    client.get('/');
    await eventually(() => edge.observer.failedConnects >= 2);
    await listen();
    expect(await client.until('ok')).toContain('200 OK');
    client.close();
  });
});

test('a machine behind its worker is waited for in the same way', async () => {
  await edge.close();
  let refusals = 0;
  const { port, listen } = await silentPort();
  const dialer: Dialer = {
    dial: (endpoint, signal) => {
      if (endpoint.kind !== 'worker') throw new Error('asked for something else');
      if (refusals++ < 3) return Promise.reject(new Error('unreachable'));
      return localDialer().dial({ kind: 'tcp', host: '127.0.0.1', port }, signal);
    },
  };
  await start(dialer);
  await listen();
  edge.route(machineRow({ port, change: { worker: { host: '192.0.2.1', port: 4290 } } }));
  const client = await RawClient.http(edge.http);
  expect(await client.get('/').until('ok')).toContain('200 OK');
  expect(refusals).toBe(4);
  client.close();
});

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
let backend: RawBackend | undefined;

beforeEach(async () => {
  edge = await startEdge({ limits: { upstream: 400, linger: 100 } });
});
afterEach(async () => {
  await edge.close();
  await backend?.close();
});

const serve = async (...parameters: Parameters<typeof startRawBackend>) => {
  backend = await startRawBackend(...parameters);
  edge.route(machineRow({ port: backend.port }));
};

/** Calls `act` again and again, until it says that this was all. */
function drip(act: () => boolean): void {
  const timer = setInterval(() => {
    if (!act()) clearInterval(timer);
  }, 25);
}

test('a response may take longer than the limit, in its head and in its body, while some of it comes', async () => {
  const response = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nall of i';
  await serve((socket) =>
    onHead(socket, () => {
      let at = 0;
      drip(() => socket.writable && at < response.length && socket.write(response[at++] ?? '') !== undefined);
    }),
  );
  const client = await RawClient.http(edge.http);
  expect(await client.get('/').until('all of i')).toContain('HTTP/1.1 200 OK');
  client.close();
});

test('a machine that stops taking a body is given up: 504, and the client is not read any more', async () => {
  await serve((socket) => socket.pause());
  const client = await RawClient.http(edge.http);
  client
    .send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 99999999\r\n\r\n`)
    .send(Buffer.alloc(16 * 1024 * 1024));
  await eventually(() => edge.observer.records.length === 1);
  expect(edge.observer.records).toMatchObject([{ status: 504, fault: 'response_timeout' }]);
  expect(edge.observer.inFlight).toBe(0);
  expect(edge.limits.load(0) + edge.limits.load(1)).toBe(0);
  client.close();
});

test('a machine that is slow to answer holds up nobody but its own clients', async () => {
  await serve((socket) =>
    onHead(socket, (head) => {
      if (!head.startsWith('GET /slow')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    }),
  );
  const slow = await Promise.all(Array.from({ length: 10 }, () => RawClient.http(edge.http)));
  for (const client of slow) client.get('/slow');
  await eventually(() => edge.observer.inFlight === slow.length);
  const quick = await RawClient.http(edge.http);
  expect(await quick.get('/').until('ok')).toContain('200 OK');
  for (const client of [...slow, quick]) client.close();
});

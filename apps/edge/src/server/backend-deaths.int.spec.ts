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

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const READ = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const WRITE = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 5\r\n\r\nhello`;
/** A write whose body isn't all there yet. */
const LONG_WRITE = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 500000\r\n\r\n${'a'.repeat(200_000)}`;

let edge: EdgeFixture;
const backends: RawBackend[] = [];

beforeEach(async () => {
  edge = await startEdge({ limits: { upstream: 5_000, linger: 200 } });
});
afterEach(async () => {
  await edge.close();
  for (const backend of backends.splice(0)) await backend.close();
});

const DEATHS: Readonly<Record<string, (socket: Socket) => unknown>> = {
  'its end': (socket) => socket.end(),
  'a reset': (socket) => socket.resetAndDestroy(),
};

interface Phase {
  /** What a connection lives through before it dies. */
  readonly live: (socket: Socket, die: () => unknown) => void;
  readonly request: string;
  /** What the client is told: a status, or the part of a response that was there before it was cut off. */
  readonly told: '200' | '502' | '200 or 502' | 'cut';
  /** Connections that are made for one request, at most. */
  readonly connections: number;
}

const sending = (part: string) => (socket: Socket, die: () => unknown) =>
  onHead(socket, () => socket.write(part, die));
const afterRequest = (socket: Socket, die: () => unknown) => onHead(socket, die);

/** A read that got no answer is asked again, of whoever is there; what changes something is asked once. */
const PHASES: Readonly<Record<string, Phase>> = {
  'after accepting, to a read': { live: (_, die) => die(), request: READ, told: '200', connections: 2 },
  // A reset may arrive before anything was written: then the write may go to another connection.
  'after accepting, to a write': {
    live: (_, die) => die(),
    request: WRITE,
    told: '200 or 502',
    connections: 2,
  },
  'in the middle of a request': { live: afterRequest, request: LONG_WRITE, told: '502', connections: 1 },
  'after a read': { live: afterRequest, request: READ, told: '200', connections: 2 },
  'after a write': { live: afterRequest, request: WRITE, told: '502', connections: 1 },
  'in its response head': {
    live: sending('HTTP/1.1 200 OK\r\nCont'),
    request: READ,
    told: '502',
    connections: 1,
  },
  'after an interim response': {
    live: sending('HTTP/1.1 103 Early Hints\r\n\r\n'),
    request: READ,
    told: '502',
    connections: 1,
  },
  'after its response head': {
    live: sending('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'),
    request: READ,
    told: 'cut',
    connections: 1,
  },
  'in the middle of a body': {
    live: sending('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'),
    request: READ,
    told: 'cut',
    connections: 1,
  },
  'before the last chunk': {
    live: sending('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'),
    request: READ,
    told: 'cut',
    connections: 1,
  },
  'after its response': { live: sending(OK), request: READ, told: '200', connections: 1 },
};

/** The status of the final response, as text. */
async function statusTold(client: RawClient): Promise<string> {
  const text = await client.until('Fly-Request-Id');
  return /HTTP\/1\.1 ([2-5]\d\d)/.exec(text)?.[1] ?? text;
}

/** A machine whose first connection dies; those after it are served well. */
async function mortal({ live }: Phase, death: (socket: Socket) => unknown): Promise<RawBackend> {
  const backend = await startRawBackend((socket, index) => {
    if (index === 0) live(socket, () => death(socket));
    else onHead(socket, () => socket.write(OK));
  });
  backends.push(backend);
  const row = machineRow({ port: backend.port, concurrency: { soft_limit: 1, hard_limit: 1 } });
  edge.route(row, machineRow({ port: backend.port, concurrency: { soft_limit: 1, hard_limit: 1 } }));
  return backend;
}

describe.each(Object.entries(DEATHS))('a machine dies by %s', (_death, death) => {
  test.each(Object.entries(PHASES))('%s', async (_name, phase) => {
    const backend = await mortal(phase, death);
    const client = await RawClient.http(edge.http);
    client.send(phase.request);
    await eventually(() => edge.observer.records.length === 1);
    if (phase.told === 'cut') {
      await client.ended();
      expect(client.hasEnded).toBe(false);
    } else expect(phase.told).toContain(await statusTold(client));
    expect(backend.sockets.length).toBeLessThanOrEqual(phase.connections);
    client.close();

    const next = await RawClient.http(edge.http);
    expect(await next.send(READ).until('ok')).toContain('HTTP/1.1 200');
    next.close();
    expect(edge.observer.inFlight).toBe(0);
    expect(edge.limits.load(0) + edge.limits.load(1)).toBe(0);
  });
});

test('a machine that ends a connection between two requests: a write gets a new one', async () => {
  let writes = 0;
  const backend = await startRawBackend((socket) =>
    onHead(socket, (head) => {
      if (head.startsWith('POST')) writes++;
      socket.write(OK);
    }),
  );
  backends.push(backend);
  edge.route(machineRow({ port: backend.port }));
  const client = await RawClient.http(edge.http);
  await client.send(READ).until('ok');
  const [first] = backend.sockets;
  const hasEdgeClosed = new Promise((resolve) => first?.once('close', resolve));
  first?.end();
  await hasEdgeClosed;
  client.send(WRITE);
  await eventually(() => edge.observer.records.length === 2);
  expect(edge.observer.records.map(({ status }) => status)).toEqual([200, 200]);
  expect(writes).toBe(1);
  expect(backend.sockets).toHaveLength(2);
  client.close();
});

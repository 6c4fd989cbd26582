import {
  eventually,
  type EdgeFixture,
  limitsForTwo,
  HOST,
  machineRow,
  onHead,
  RawClient,
  startEdge,
  startRawBackend,
  type RawBackend,
} from '../testing/edge-fixture.js';

const edges: EdgeFixture[] = [];
const backends: RawBackend[] = [];
const edgeWith = async (...choices: Parameters<typeof startEdge>) => {
  const edge = await startEdge(...choices);
  edges.push(edge);
  return edge;
};
afterEach(async () => {
  for (const edge of edges.splice(0)) await edge.close();
  for (const backend of backends.splice(0)) await backend.close();
});

/** A backend that answers a request only when told. */
async function holding(name: string) {
  const held: (() => void)[] = [];
  const backend = await startRawBackend((socket) =>
    onHead(socket, () =>
      held.push(() => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`)),
    ),
  );
  backends.push(backend);
  return { port: backend.port, held, sockets: backend.sockets };
}
test('a hard limit holds over all threads: what is beyond gets a 503', async () => {
  const memory = limitsForTwo();
  const [one, two] = [await edgeWith({ memory, thread: 0 }), await edgeWith({ memory, thread: 1 })];
  const machine = await holding('machine');
  const row = machineRow({ port: machine.port, concurrency: { soft_limit: 2, hard_limit: 3 } });
  for (const edge of [one, two]) edge.route(row);
  const clients = await Promise.all([one, one, two, two].map((edge) => RawClient.http(edge.http)));
  for (const [index, client] of clients.entries()) {
    client.get('/');
    await eventually(() => machine.held.length === Math.min(index + 1, 3));
  }
  expect(await clients[3]?.until('</html>')).toMatch(/^HTTP\/1.1 503 [^]*Retry-After: 1\r\n/);
  for (const answer of machine.held.splice(0)) answer();
  await Promise.all(clients.slice(0, 3).map((client) => client.until('machine')));
  await eventually(() => one.limits.load(0) === 0);
  clients[3]?.get('/');
  await eventually(() => machine.held.length === 1);
  for (const client of clients) client.close();
});

test('a thread that dies gives back what it held', async () => {
  const memory = limitsForTwo();
  const edge = await edgeWith({ memory, thread: 0 });
  const machine = await holding('machine');
  edge.route(machineRow({ port: machine.port }));
  const client = await RawClient.http(edge.http);
  client.get('/');
  await eventually(() => machine.held.length === 1);
  expect(edge.limits.load(0)).toBe(1);
  edge.limits.forget(1);
  expect(edge.limits.load(0)).toBe(1);
  edge.limits.forget(0);
  expect(edge.limits.load(0)).toBe(0);
  client.close();
});

test('requests go where the least is in flight', async () => {
  const edge = await edgeWith();
  const [a, b] = [await holding('a'), await holding('b')];
  edge.route(machineRow({ port: a.port }), machineRow({ port: b.port }));
  const clients = await Promise.all(Array.from({ length: 6 }, () => RawClient.http(edge.http)));
  for (const [index, client] of clients.entries()) {
    client.get('/');
    await eventually(() => a.held.length + b.held.length === index + 1);
    expect(Math.abs(a.held.length - b.held.length)).toBeLessThanOrEqual(1);
  }
  for (const client of clients) client.close();
});

test('where the app limits connections, none is kept', async () => {
  const edge = await edgeWith();
  const machine = await holding('machine');
  edge.route(machineRow({ port: machine.port, concurrency: { type: 'connections' } }));
  const client = await RawClient.http(edge.http);
  for (let count = 1; count <= 2; count++) {
    client.get('/');
    await eventually(() => machine.held.length === 1);
    machine.held.pop()?.();
    await eventually(() => edge.observer.records.length === count);
  }
  expect(machine.sockets).toHaveLength(2);
  client.close();
});

test('only the newest generation of a machine is sent anything, whatever arrives late', async () => {
  const edge = await edgeWith();
  const [older, newer] = [await holding('older'), await holding('newer')];
  const old = machineRow({ port: older.port });
  const current = {
    ...machineRow({ port: newer.port }),
    machine: old.machine,
    generation: { epoch: 1, count: 2 },
  };
  edge.route(old);
  const apply = (row: typeof old) => {
    for (const update of edge.book.apply({ kind: 'put', row })) edge.plane.routes.apply(update);
  };
  apply(current);
  apply(old);
  const client = await RawClient.http(edge.http);
  client.get('/');
  await eventually(() => newer.held.length === 1);
  expect(older.held).toHaveLength(0);
  apply({ ...current, started: false });
  const other = await RawClient.http(edge.http);
  expect(await other.get('/').until('</html>')).toContain('503');
  newer.held[0]?.();
  await client.until('newer');
  client.close();
  other.close();
});

describe('draining', () => {
  test('requests that were begun are answered, with Connection: close; new connections are refused', async () => {
    const edge = await edgeWith();
    const machine = await holding('machine');
    edge.route(machineRow({ port: machine.port }));
    const [begun, half, idle] = await Promise.all([1, 2, 3].map(() => RawClient.http(edge.http)));
    if (!begun || !half || !idle) throw new Error('no clients');
    begun.get('/');
    half.send('GET / HTTP/1.1\r\nHost:');
    await eventually(() => machine.held.length === 1);
    const drained = edge.plane.drain(5_000);
    await expect(RawClient.http(edge.http)).rejects.toThrow('ECONNREFUSED');
    half.send(` ${HOST}\r\n\r\n`);
    idle.get('/');
    await eventually(() => machine.held.length === 3);
    for (const answer of machine.held) answer();
    for (const client of [begun, half, idle]) {
      const text = await client.ended();
      expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*Connection: close\r\n[^]*machine$/);
      client.socket.end();
    }
    await drained;
    expect(edge.observer.connections).toBe(0);
  });

  test('what does not end in time is cut', async () => {
    const edge = await edgeWith();
    const machine = await holding('machine');
    edge.route(machineRow({ port: machine.port }));
    const client = await RawClient.http(edge.http);
    client.get('/');
    await eventually(() => machine.held.length === 1);
    await edge.plane.drain(100);
    expect(await client.ended()).toBe('');
  });
});

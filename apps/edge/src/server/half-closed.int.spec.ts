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
const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

let edge: EdgeFixture;
const backends: RawBackend[] = [];

beforeEach(async () => {
  edge = await startEdge();
});
afterEach(async () => {
  await edge.close();
  for (const backend of backends.splice(0)) await backend.close();
});

const serve = async (...parameters: Parameters<typeof startRawBackend>) => {
  const backend = await startRawBackend(...parameters);
  backends.push(backend);
  edge.route(machineRow({ port: backend.port }));
  return backend;
};

describe('a client that has closed its side', () => {
  test.each(['http', 'https'] as const)('gets the answers to all it asked before, over %s', async (entry) => {
    await serve((socket) => onHead(socket, (head) => socket.write(OK.replace('ok', head.slice(5, 7)))));
    const client = entry === 'http' ? await RawClient.http(edge.http) : await RawClient.https(edge);
    client.socket.end(request('/a1') + request('/b2') + request('/c3'));
    const text = await client.ended();
    expect(text.match(/\r\n\r\n../g)).toEqual(['\r\n\r\na1', '\r\n\r\nb2', '\r\n\r\nc3']);
  });

  test('gets a long body to its end, however slowly it takes it', async () => {
    const size = 8 * 1024 * 1024;
    await serve((socket) =>
      onHead(socket, () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        socket.write(Buffer.alloc(size, 'a'));
      }),
    );
    const client = await RawClient.http(edge.http);
    client.socket.pause();
    client.socket.end(request('/'));
    await eventually(() => edge.observer.inFlight === 1);
    client.socket.resume();
    const text = await client.ended();
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(size);
  });

  test.each([
    ['before a word', ''],
    ['in a head', `GET / HTTP/1.1\r\nHost: ${HOST}\r\n`],
    ['after an answer', request('/')],
  ])('%s is closed at once, and the machine not asked again', async (_when, text) => {
    let heads = 0;
    await serve((socket) =>
      onHead(socket, () => {
        heads++;
        socket.write(OK);
      }),
    );
    const client = await RawClient.http(edge.http);
    client.socket.end(text);
    expect((await client.ended()).match(/HTTP\/1.1 \d+/g) ?? []).toEqual(heads === 1 ? ['HTTP/1.1 200'] : []);
    expect(heads).toBe(text.endsWith('\r\n\r\n') ? 1 : 0);
    await eventually(() => edge.observer.connections === 0);
  });

  test.each([
    ['of a length', 'Content-Length: 9\r\n\r\npart'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
  ])('in the middle of a body %s has asked nothing: the machine sees it broken off', async (_kind, rest) => {
    let heard = '';
    const backend = await serve((socket) =>
      socket.on('data', (piece) => (heard += piece.toString('latin1'))),
    );
    const client = await RawClient.http(edge.http);
    client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\n${rest}`);
    await eventually(() => heard.includes('part'));
    const brokenOff = new Promise((resolve) =>
      backend.sockets[0]?.once('end', resolve).once('error', resolve),
    );
    client.socket.end();
    await brokenOff;
    expect(heard).not.toContain('0\r\n\r\n');
    await eventually(() => edge.observer.inFlight === 0);
    expect(edge.observer.records).toMatchObject([{ fault: 'client_closed' }]);
    client.close();
  });
});

describe('a machine that has closed its side', () => {
  test('after its answer is not asked again on that connection', async () => {
    const backend = await serve((socket) => onHead(socket, () => socket.end(OK)));
    const client = await RawClient.http(edge.http);
    await client.send(request('/')).until('ok');
    client.send(request('/'));
    await eventually(() => edge.observer.records.length === 2);
    expect(edge.observer.records.map(({ status }) => status)).toEqual([200, 200]);
    expect(backend.sockets).toHaveLength(2);
    client.close();
  });

  test('after an answer that came before the whole request ends the request too', async () => {
    const backend = await serve((socket) =>
      onHead(socket, () => socket.end('HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n')),
    );
    const client = await RawClient.http(edge.http);
    client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 99\r\n\r\npart`);
    expect(await client.ended()).toMatch(/^HTTP\/1.1 413 [^]*Connection: close\r\n/);
    expect(backend.sockets).toHaveLength(1);
    expect(edge.limits.load(0) + edge.limits.load(1)).toBe(0);
  });
});

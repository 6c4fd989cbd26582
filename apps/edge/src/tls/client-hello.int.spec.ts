import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { MAX_CLIENT_HELLO, readClientHello } from './client-hello.js';

/** What OpenSSL sends first, asking for this name. */
async function helloFor(servername: string | undefined): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, ...(servername === undefined ? {} : { servername }) });
  client.on('error', () => undefined);
  const bytes = await new Promise<Buffer>((resolve) =>
    server.once('connection', (socket: Socket) => socket.once('data', resolve)),
  );
  client.destroy();
  server.close();
  return bytes;
}

/** The same message, cut into records of so many bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const piece = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 0xff]), piece);
  }
  return Buffer.concat(records);
}

let hello: Buffer;
beforeAll(async () => {
  hello = await helloFor('hello.apps.localhost');
});
const found = { kind: 'whole', serverName: 'hello.apps.localhost' };
const nameless = { kind: 'whole', serverName: undefined };

test('the name that a client asks for is found once its hello is there, and not before', () => {
  expect(readClientHello(hello)).toEqual(found);
  expect(readClientHello(Buffer.concat([hello, Buffer.from('more')]))).toEqual(found);
  for (let length = 0; length < hello.length; length++)
    expect(readClientHello(hello.subarray(0, length))).toEqual({ kind: 'partial' });
});

test('a hello that is cut into records is put together', () => {
  for (const size of [1, 7, 100]) {
    const cut = inRecords(hello, size);
    expect(readClientHello(cut)).toEqual(found);
    expect(readClientHello(cut.subarray(0, -1))).toEqual({ kind: 'partial' });
  }
});

test('a client that names nobody, and what is no hello, has no name', async () => {
  expect(readClientHello(await helloFor(undefined))).toEqual(nameless);
  expect(readClientHello(Buffer.from('GET / HTTP/1.1\r\n'))).toEqual(nameless);
  expect(readClientHello(Buffer.from([22, 3, 1, 0, 0]))).toEqual(nameless);
});

test('one that never ends is not waited for', () => {
  const endless = inRecords(
    Buffer.concat([Buffer.alloc(5), Buffer.from([1, 0xff, 0xff, 0xff]), Buffer.alloc(20_000)]),
    16_000,
  );
  expect(readClientHello(endless.subarray(0, MAX_CLIENT_HELLO - 1))).toEqual({ kind: 'partial' });
  expect(readClientHello(endless)).toEqual(nameless);
});

test('whatever bytes come, there is an answer', () => {
  const edits = fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 8 });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 700 }),
        edits.map((changes) => {
          const bytes = Buffer.from(hello);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          return bytes;
        }),
      ),
      (bytes) => {
        expect(['partial', 'whole']).toContain(readClientHello(Buffer.from(bytes)).kind);
      },
    ),
    { numRuns: 2_000 },
  );
});

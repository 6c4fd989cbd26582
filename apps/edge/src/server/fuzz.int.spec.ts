import fc from 'fast-check';
import { connection, mutated } from '../testing/connections.js';
import {
  type EdgeFixture,
  machineRow,
  RawClient,
  startEdge,
  startHttpBackend,
} from '../testing/edge-fixture.js';
import { readRequests } from '../testing/read-messages.js';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly body: string;
}

/** Gives up soon, since most of what is broken says less than it announces. */
let hasty: EdgeFixture;
let patient: EdgeFixture;
let backend: Awaited<ReturnType<typeof startHttpBackend>>;
let seen: Seen[];

beforeAll(async () => {
  backend = await startHttpBackend((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, body: Buffer.concat(pieces).toString('latin1') });
      response.end('ok');
    });
  });
  hasty = await startEdge({ limits: { linger: 100, head: 300, body: 300 } });
  patient = await startEdge();
  for (const edge of [hasty, patient]) edge.route(machineRow({ port: backend.port }));
});
afterAll(async () => {
  await hasty.close();
  await patient.close();
  backend.close();
});

/** Sends bytes in two pieces, says that this is all, and waits until the edge has closed. */
async function send(edge: EdgeFixture, text: string, splitAt: number): Promise<void> {
  const client = await RawClient.http(edge.http);
  client.socket.on('end', () => client.socket.end());
  client.send(Buffer.from(text.slice(0, splitAt), 'latin1'));
  await new Promise((resolve) => setImmediate(resolve));
  client.socket.end(Buffer.from(text.slice(splitAt), 'latin1'));
  await client.ended();
}

/** Node's server answers some requests before anybody sees them: those of methods it doesn't know. */
const isSubsequence = (part: readonly unknown[], whole: readonly unknown[]): boolean => {
  const left = whole.map((item) => JSON.stringify(item));
  return part.every((item) => {
    const at = left.indexOf(JSON.stringify(item));
    return at >= 0 && left.splice(0, at + 1).length > 0;
  });
};

test('whatever is sent, a machine gets nothing but whole requests in the order they were read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(connection, mutated), fc.nat(600), async (text, splitAt) => {
      seen = [];
      await send(hasty, text, splitAt);
      const read = readRequests([Buffer.from(text, 'latin1')]).requests;
      const wanted = read.map(({ head, body }) => ({ method: head.method, url: head.target, body }));
      expect(isSubsequence(seen, wanted)).toBe(true);
    }),
    { numRuns: 150 },
  );
  expect(hasty.observer.inFlight).toBe(0);
});

test('well-formed requests all arrive', async () => {
  await fc.assert(
    fc.asyncProperty(connection, fc.nat(600), async (text, splitAt) => {
      seen = [];
      await send(patient, text, splitAt);
      expect(seen).toHaveLength(readRequests([Buffer.from(text, 'latin1')]).requests.length);
    }),
    { numRuns: 50 },
  );
});

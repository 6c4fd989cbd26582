import { createServer, type Server } from 'node:http';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { connection, mutated } from '../testing/connections.js';
import { readRequests, type ReadConnection } from '../testing/read-messages.js';
import { writeEnd, writePayload } from './body-encoder.js';
import { serializeRequest } from './serialize.js';
import type { RequestHead } from './request-head.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const meaning = ({ requests, rest }: ReadConnection) => ({
  requests: requests.map(({ head, body }) => ({ ...head, body })),
  rest,
});

test('a connection means the same, wherever its bytes are split', () => {
  fc.assert(
    fc.property(fc.oneof(connection, mutated), (text) => {
      const whole = meaning(readRequests([bytes(text)]));
      expect(meaning(readRequests(Array.from(text, bytes)))).toEqual(whole);
      for (let at = 1; at < text.length; at += 7)
        expect(meaning(readRequests([bytes(text.slice(0, at)), bytes(text.slice(at))]))).toEqual(whole);
    }),
    { numRuns: 300 },
  );
});

/** The bytes that the edge would send on for a request it read. */
function forwarded(head: RequestHead, body: string): string {
  const lines = {
    ...head,
    expectsContinue: head.expectsContinue,
    isWebSocket: head.webSocketKey !== undefined,
  };
  const written = [serializeRequest(lines)];
  const text = (data: Buffer | string) => (typeof data === 'string' ? data : data.toString('latin1'));
  const sink = { write: (data: Buffer | string) => written.push(text(data)) > 0 };
  if (body !== '') writePayload(sink, head.framing, bytes(body));
  writeEnd(sink, head.framing);
  return written.join('');
}

test('what is sent on reads as what was read', () => {
  fc.assert(
    fc.property(fc.oneof(connection, mutated), (text) => {
      for (const { head, body } of readRequests([bytes(text)]).requests) {
        const again = meaning(readRequests([bytes(forwarded(head, body))]));
        const kept = { ...head, scheme: undefined, minorVersion: 1, persistent: true, body };
        expect(again.rest).toBe('nothing');
        expect(again.requests.map((read) => ({ ...read, persistent: true }))).toEqual([
          { ...kept, expectsContinue: head.expectsContinue },
        ]);
      }
    }),
    { numRuns: 500 },
  );
});

describe("beside Node's own parser (llhttp)", () => {
  let server: Server;
  beforeAll(() => {
    server = createServer({ insecureHTTPParser: false, requireHostHeader: false });
  });

  interface Seen {
    readonly method: string | undefined;
    readonly url: string | undefined;
    readonly body: string;
  }

  /** The requests that llhttp finds in a connection's bytes, complete ones only, and whether it refused the rest. */
  async function llhttp(text: string): Promise<{ seen: Seen[]; isRefused: boolean }> {
    const seen: Seen[] = [];
    let isRefused = false;
    const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    const onRequest = (
      request: import('node:http').IncomingMessage,
      response: import('node:http').ServerResponse,
    ) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        seen.push({
          method: request.method,
          url: request.url,
          body: Buffer.concat(pieces).toString('latin1'),
        });
        response.end();
      });
    };
    const onError = () => (isRefused = true);
    server.on('request', onRequest).on('checkContinue', onRequest).on('clientError', onError);
    server.emit('connection', socket);
    socket.push(bytes(text));
    for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
    server.off('request', onRequest).off('checkContinue', onRequest).off('clientError', onError);
    socket.destroy();
    return { seen, isRefused };
  }

  test('what the edge sends on is exactly one request of the same meaning', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(connection, mutated), async (text) => {
        for (const { head, body } of readRequests([bytes(text)]).requests) {
          if (head.target === '*' || head.webSocketKey !== undefined) continue;
          const { seen, isRefused } = await llhttp(forwarded(head, body));
          if (!isRefused) expect(seen).toEqual([{ method: head.method, url: head.target, body }]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('what both accept, both frame alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(connection, mutated), async (text) => {
        const ours = readRequests([bytes(text)]);
        const theirs = await llhttp(text);
        if (ours.rest !== 'nothing' || theirs.isRefused) return;
        if (ours.requests.some(({ head }) => !head.persistent || head.scheme !== undefined)) return;
        expect(theirs.seen).toEqual(
          ours.requests.map(({ head, body }) => ({ method: head.method, url: head.target, body })),
        );
      }),
      { numRuns: 500 },
    );
  });
});

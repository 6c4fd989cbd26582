import fc from 'fast-check';
import { edited } from '../testing/connections.js';
import { HOST, machineRow, onHead, RawClient, startEdge, startRawBackend } from '../testing/edge-fixture.js';

const responses: fc.Arbitrary<string> = fc.constantFrom(
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
);
const insert = fc.constantFrom(
  ...['', '\r', '\n', '\r\n', '\r\n\r\n', ' ', ':', ';', '0', '1', '\0', '+'],
  ...['\r\nContent-Length: 1', '\r\nTransfer-Encoding: chunked', '\r\nConnection: content-length'],
  ...['HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison', '\r\nContent-Length: 99'],
);
const mutated: fc.Arbitrary<string> = responses.chain((response) => edited(response, insert));

test('whatever a machine answers to one client, the next one gets the answer to its own request', async () => {
  let response = '';
  const backend = await startRawBackend((socket) =>
    onHead(socket, (head) => {
      const path = head.split(' ')[1] ?? '';
      if (path === '/hostile') socket.write(Buffer.from(response, 'latin1'));
      else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
    }),
  );
  const edge = await startEdge({ limits: { upstream: 150, linger: 50 } });
  edge.route(machineRow({ port: backend.port, concurrency: { soft_limit: 1000, hard_limit: 1000 } }));
  let count = 0;
  await fc.assert(
    fc.asyncProperty(mutated, async (text) => {
      response = text;
      const path = `/${++count}`;
      const victim = await RawClient.http(edge.http);
      victim.get('/hostile');
      await Promise.race([
        victim.until('\r\n\r\n').catch(() => ''),
        new Promise((wake) => setTimeout(wake, 20)),
      ]);
      const next = await RawClient.http(edge.http);
      next.send(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
      expect((await next.ended()).split('\r\n\r\n')[1]).toBe(path);
      victim.close();
      next.close();
    }),
    { numRuns: 150 },
  );
  await edge.close();
  await backend.close();
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type EdgeFixture, HOST, machineRow, RawClient, startEdge } from '../testing/edge-fixture.js';

/** What an ordinary server sees of each request. */
function echo(): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }),
      );
    });
  });
}

describe('a routed app', () => {
  let backend: Server;
  let edge: EdgeFixture;

  beforeAll(async () => {
    backend = echo().listen(0, '127.0.0.1');
    edge = await startEdge();
    edge.route(machineRow({ port: (backend.address() as AddressInfo).port }));
  });
  afterAll(async () => {
    await edge.close();
    backend.close();
  });

  test('answers over TLS with a certificate of the development CA', async () => {
    const client = await RawClient.https(edge);
    const text = await client.get('/path?q=1').until('}');
    expect(text).toContain('HTTP/1.1 200 OK');
    expect(text).toContain('"url":"/path?q=1"');
    client.close();
  });

  test('answers over plain HTTP', async () => {
    const client = await RawClient.http(edge.http);
    expect(await client.get('/').until('}')).toContain(`"host":"${HOST}"`);
    client.close();
  });
});

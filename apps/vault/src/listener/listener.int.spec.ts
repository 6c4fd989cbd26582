import { request } from 'node:https';
import { connect } from 'node:tls';
import { once } from 'node:events';
import { startPostgres, type TestPostgres } from '@bulkhead/testing';
import fc from 'fast-check';
import { z } from 'zod';
import { VaultFixture } from '../vault-fixture.js';

let postgres: TestPostgres;
let fixture: VaultFixture;
let url: string;

beforeAll(async () => {
  postgres = await startPostgres();
  fixture = await VaultFixture.create(postgres);
  ({ url } = await fixture.serve());
});
afterAll(async () => {
  await fixture.close();
  await postgres.stop();
});

const failure = z.strictObject({ code: z.string(), message: z.string(), retryable: z.boolean() });

async function send(method: string, path: string, body?: string | Uint8Array) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const sent = request(
    new URL(path, url),
    { method, rejectUnauthorized: false, agent: false },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    },
  );
  sent.on('error', reject);
  sent.end(body);
  const { status, text } = await promise;
  return { status, body: JSON.parse(text) as unknown };
}

it('answers nothing but its routes', async () => {
  expect((await send('GET', '/')).status).toBe(404);
  expect((await send('GET', '/v1/ca?x')).status).toBe(404);
  expect((await send('GET', '/constructor')).status).toBe(404);
  expect((await send('GET', '/v1/enroll')).status).toBe(405);
  expect((await send('GET', '/v1/ca')).status).toBe(200);
});

it('renews nothing and gives no key without a certificate', async () => {
  const renewal = JSON.stringify({ certificateRequest: 'x', busKey: `U${'A'.repeat(55)}` });
  expect(await send('POST', '/v1/renew', renewal)).toMatchObject({
    status: 401,
    body: { code: 'certificate_missing' },
  });
  const wish = JSON.stringify({ scope: 'platform' });
  expect(await send('POST', '/v1/data-key', wish)).toMatchObject({
    status: 401,
    body: { code: 'certificate_missing' },
  });
});

it('bounds a body', async () => {
  const answer = await send('POST', '/v1/enroll', 'x'.repeat(16 * 1024 + 1)).catch((error: unknown) => error);
  expect(answer).toMatchObject({ status: 413 });
});

it('refuses any other body with a stable code, and goes on', async () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc.json(),
    fc
      .record({ token: fc.string(), certificateRequest: fc.string(), busKey: fc.string() })
      .map((value) => JSON.stringify(value)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/v1/enroll', '/v1/renew', '/v1/data-key'),
      body,
      async (path, content) => {
        const answer = await send('POST', path, content);
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
        failure.parse(answer.body);
      },
    ),
    { numRuns: 60 },
  );
  expect((await send('GET', '/v1/ca')).status).toBe(200);
});

it('speaks TLS 1.3 alone', async () => {
  const socket = connect({
    port: Number(new URL(url).port),
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.2',
  });
  const [error] = (await once(socket, 'error')) as [Error];
  expect(error.message).toMatch(/protocol version/i);
});

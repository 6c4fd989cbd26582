import { Readable } from 'node:stream';
import { EXIT } from '../exit-codes.js';
import { run } from '../run.js';
import { FakeApi } from '../testing/fake-api.js';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.close());

async function bulkhead(args: readonly string[], input = '') {
  const printed = { out: '', err: '' };
  const exitCode = await run({
    args: ['registries', ...args],
    environment: { BULKHEAD_API_URL: api.url, BULKHEAD_TOKEN: 'token', BULKHEAD_ORG: 'acme' },
    directory: '/',
    streams: {
      out: (text) => void (printed.out += text),
      err: (text) => void (printed.err += text),
      in: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    },
  });
  return { exitCode, ...printed };
}

const path = '/api/v1/organizations/acme/registries';

it('sets a credential whose password comes in on standard input, and shows it nowhere', async () => {
  api.answer(`PUT ${path}/registry.example%3A5000`, [200, { ok: true }]);
  const { exitCode, out, err } = await bulkhead(
    ['set', 'registry.example:5000', '--username', 'bob'],
    'pass word\n',
  );
  expect({ exitCode, err }).toEqual({ exitCode: EXIT.ok, err: '' });
  expect(out).toBe('Set the credential for registry.example:5000.\n');
  expect(api.received.at(-1)).toMatchObject({
    method: 'PUT',
    body: { username: 'bob', password: 'pass word' },
  });
});

it('says how to give a password where none came', async () => {
  const { exitCode, err } = await bulkhead(['set', 'registry.example', '--username', 'bob']);
  expect(exitCode).toBe(EXIT.usage);
  expect(err).toContain('--username NAME < FILE');
  expect(api.received).toEqual([]);
});

it('lists and removes', async () => {
  api.answer(`GET ${path}`, [
    200,
    { registries: [{ registry: 'ghcr.io', set_at: '2026-01-01T00:00:00.000Z' }] },
  ]);
  api.answer(`DELETE ${path}/ghcr.io`, [200, { ok: true }]);
  expect((await bulkhead(['list'])).out).toMatch(/^REGISTRY +SET\nghcr\.io +\d/);
  expect((await bulkhead(['remove', 'ghcr.io'])).out).toBe('Removed the credential for ghcr.io.\n');
});

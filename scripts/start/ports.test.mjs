import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { choosePorts } from './ports.mjs';
import { readSettings } from './settings.mjs';

const withTaken = (work) => async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-ports-'));
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work({ file: path.join(directory, 'ports.json'), taken: server.address().port });
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
};

test(
  'a port asked for that is taken is named with what wanted it and the variable that moves it',
  withTaken(async ({ file, taken }) => {
    await assert.rejects(choosePorts({ EDGE_HTTPS: taken }, file), (error) => {
      assert.match(error.message, new RegExp(`Port ${taken}, wanted by the edge's HTTPS port, is taken`));
      assert.match(error.advice, /BULKHEAD_EDGE_HTTPS_PORT/);
      return true;
    });
  }),
);

test(
  'the others get free ports, all different, and keep them',
  withTaken(async ({ file, taken }) => {
    const wanted = { VAULT: null, NATS: null, POSTGRES: null };
    const first = await choosePorts(wanted, file);
    assert.equal(new Set([...Object.values(first), taken]).size, 4);
    assert.deepEqual(await choosePorts(wanted, file), first);
  }),
);

test('two things on one port are refused', async () => {
  const wanted = { API: 4999, EDGE_HTTP: 4999 };
  await assert.rejects(choosePorts(wanted, '/nonexistent/ports.json'), /wanted by/);
});

test('settings name the variable at fault', () => {
  assert.throws(() => readSettings('/clone', { BULKHEAD_API_PORT: 'http' }), /BULKHEAD_API_PORT is "http"/);
  assert.equal(readSettings('/clone', { BULKHEAD_API_PORT: '1234' }).ports.API, 1234);
  assert.equal(readSettings('/clone', {}).data, '/clone/.bulkhead');
});

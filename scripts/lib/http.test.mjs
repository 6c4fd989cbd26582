import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { answers, request } from './http.mjs';

test('names below .localhost are this machine, whatever the resolver says, and the Host stays what was asked', async () => {
  const server = createServer((asked, response) => response.end(asked.headers.host));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://hello.bulkhead.localhost:${server.address().port}`;
    assert.deepEqual(await request(url), { status: 200, text: new URL(url).host });
  } finally {
    server.close();
  }
  assert.equal(await answers(`http://127.0.0.1:${server.address()?.port ?? 1}/`), false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextAttempt } from './backoff.mjs';

test('doubles up to half a minute, and starts over after a healthy minute', () => {
  const delays = [];
  let failures = 0;
  for (let death = 0; death < 9; death++) {
    const next = nextAttempt(failures, 10);
    failures = next.failures;
    delays.push(next.delayMs);
  }
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.deepEqual(nextAttempt(failures, 61_000), { failures: 1, delayMs: 500 });
});

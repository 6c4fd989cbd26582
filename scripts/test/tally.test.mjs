import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closingLine, fromJest, fromTap, sum } from './tally.mjs';

test("sums Jest's files, and counts one that can't be loaded as a failure", () => {
  const report = {
    testResults: [
      {
        name: 'a.spec.ts',
        status: 'failed',
        assertionResults: [
          { status: 'passed', fullName: 'a works' },
          { status: 'failed', fullName: 'a breaks' },
          { status: 'pending', fullName: 'a waits (no KVM here)' },
        ],
      },
      { name: 'b.spec.ts', status: 'failed', assertionResults: [] },
    ],
  };
  const found = fromJest(report);
  assert.equal(closingLine(found), '1 passed, 2 failed, 1 skipped');
  assert.deepEqual(found.failures, ['a breaks', "b.spec.ts can't be run"]);
  assert.deepEqual(found.skips, ['a waits (no KVM here)']);
  assert.equal(closingLine(sum([found, found])), '2 passed, 4 failed, 2 skipped');
});

test("reads the summary of Node's runner", () => {
  const tap =
    'ok 1 - good\nnot ok 2 - bad\n# tests 3\n# pass 1\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 0\n';
  assert.deepEqual(fromTap(tap), { passed: 1, failed: 1, skipped: 1, failures: ['bad'], skips: [] });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Steps, duration } from './steps.mjs';

test('durations are read at a glance', () => {
  assert.equal(duration(40), '0.0 s');
  assert.equal(duration(59_940), '59.9 s');
  assert.equal(duration(125_400), '2 min 05 s');
});

test('a step is one line with its time, also when it fails', async () => {
  let text = '';
  let clock = 0;
  const steps = new Steps({ write: (part) => (text += part) }, () => (clock += 500));
  assert.equal(await steps.step('good', () => 7), 7);
  await assert.rejects(
    steps.step('bad', () => {
      throw new Error('no');
    }),
    /no/,
  );
  assert.match(text, /✓ good +0\.5 s\n.*✗ bad +0\.5 s\n/);
});

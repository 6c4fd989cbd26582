import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sideBySide } from './side-by-side.mjs';
import {
  median,
  medianInterval,
  pairedDifference,
  pairedRatio,
  quantile,
  quantileInterval,
} from './statistics.mjs';

const upTo = (count) => Array.from({ length: count }, (_, index) => index + 1);
/** A generator of its own (xorshift), so that what is drawn is the same each time. */
function draws(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

test('a quantile is a value that was measured', () => {
  assert.equal(quantile(upTo(100).reverse(), 0.99), 99);
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('the interval of a median is that of the tables', () => {
  assert.deepEqual(medianInterval(upTo(30)), [10, 21]);
  assert.deepEqual(medianInterval(upTo(6)), [1, 6]);
});

test('too few measurements give no interval', () => {
  assert.equal(medianInterval(upTo(5)), undefined);
  assert.equal(quantileInterval(upTo(100), 0.99), undefined);
});

test('intervals hold the true value about as often as they say', () => {
  for (const q of [0.5, 0.9]) {
    const random = draws(7);
    const held = upTo(1000).filter(() => {
      const [low, high] = quantileInterval(Array.from({ length: 60 }, random), q);
      return low <= q && q <= high;
    });
    assert.ok(held.length >= 940 && held.length < 1000, `${held.length} of 1000 for ${q}`);
  }
});

test('thousands of measurements are no trouble', () => {
  const [low, high] = quantileInterval(upTo(100_000), 0.99);
  assert.ok(low > 98_900 && low < 99_000 && high > 99_000 && high < 99_100, `${low} to ${high}`);
});

test('a ratio by pairs does not see a load that both had', () => {
  const pairs = upTo(9).map((load) => ({ ours: 3 * load, peer: 2 * load }));
  assert.deepEqual(pairedRatio(pairs), { figure: 1.5, interval: [1.5, 1.5] });
  assert.equal(pairedDifference(pairs).figure, 5);
});

test('who is measured first changes with each pair', async () => {
  const order = [];
  const measure = (who) => () => Promise.resolve(order.push(who));
  const pairs = await sideBySide(3, { ours: measure('ours'), peer: measure('peer') });
  assert.deepEqual(order, ['ours', 'peer', 'peer', 'ours', 'ours', 'peer']);
  assert.deepEqual(pairs[1], { ours: 4, peer: 3 });
});

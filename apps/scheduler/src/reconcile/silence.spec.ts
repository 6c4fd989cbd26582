import { expect, it } from '@jest/globals';
import { countedMs } from './silence.js';

it.each([
  ['nothing before the first look', null, 5_000, 0],
  ['the time between two looks', 1_000, 2_000, 1_000],
  ['little of a pause of this process', 1_000, 60_000, 3_000],
  ['nothing where the clock was set back', 3_600_000, 1_000, 0],
])('counts %s', (_what, last, now, counted) => {
  expect(countedMs(last, now)).toBe(counted);
});

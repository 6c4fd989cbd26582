import { beforeEach, expect, it } from '@jest/globals';
import { Allowance } from './allowance.js';

let now: number;
let allowance: Allowance;
beforeEach(() => {
  now = 1_000_000;
  allowance = new Allowance({ atOnce: 50, perSecond: 5 }, () => new Date(now));
});

/** How many of as many requests are let through. */
const passing = (requests: number, whose = 'a'): number => {
  for (let passed = 0; passed < requests; passed++)
    try {
      allowance.take(whose);
    } catch (error) {
      expect(error).toMatchObject({ code: 'too_many_requests', retryable: true });
      return passed;
    }
  return requests;
};

it('lets as many through at once as it says, and no more', () => {
  expect(passing(80)).toBe(50);
  expect(passing(1)).toBe(0);
});

it('gives back so many a second, up to what it lets through at once', () => {
  passing(50);
  now += 2_000;
  expect(passing(80)).toBe(10);
  now += 3_600_000;
  expect(passing(80)).toBe(50);
});

it('counts each by itself', () => {
  passing(50);
  expect(passing(80, 'b')).toBe(50);
});

it('gives nothing for a clock that goes back', () => {
  passing(50);
  now -= 3_600_000;
  expect(passing(1)).toBe(0);
});

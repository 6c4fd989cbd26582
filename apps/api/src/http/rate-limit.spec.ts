import { callerKey, RateLimit } from './rate-limit.js';

const refused = (limit: RateLimit, caller: string, now: number) => {
  try {
    limit.take(caller, now);
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: 'rate_limited', status: 429, delayMs: expect.any(Number) });
    return true;
  }
};

it('lets a burst through, then a steady rate, for each caller by itself', () => {
  const limit = new RateLimit({ perSecond: 10, burst: 5 });
  const outcomes = Array.from({ length: 7 }, () => refused(limit, 'a', 0));
  expect(outcomes).toEqual([false, false, false, false, false, true, true]);
  expect(refused(limit, 'b', 0)).toBe(false);
  expect(refused(limit, 'a', 100)).toBe(false);
  expect(refused(limit, 'a', 100)).toBe(true);
  for (let index = 0; index < 5; index++) expect(refused(limit, 'a', 10_000)).toBe(false);
  expect(refused(limit, 'a', 10_000)).toBe(true);
});

it('knows callers by their credential without keeping it, else by address', () => {
  expect(callerKey('Bearer hunter2', '::1')).not.toContain('hunter2');
  expect(callerKey('Bearer hunter2', '::1')).toBe(callerKey('Bearer hunter2', '::2'));
  expect(callerKey(undefined, '::1')).toBe('::1');
});

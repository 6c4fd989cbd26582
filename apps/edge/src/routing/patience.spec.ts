import { nextTry } from './patience.js';

/** The delays of a request whose every try fails at once. */
function delays(): number[] {
  const all: number[] = [];
  for (let waited = 0; ;) {
    const delay = nextTry(all.length, waited);
    if (delay === undefined) return all;
    all.push(delay);
    waited += delay;
  }
}

describe('a machine that is about to listen', () => {
  test('is asked soon at first, then ever more rarely', () => {
    const all = delays();
    expect(all.slice(0, 5)).toEqual([50, 100, 200, 400, 500]);
    expect(Math.max(...all)).toBe(500);
  });

  test('is waited for 5 s in all, with a bounded number of tries', () => {
    const all = delays();
    expect(all.reduce((sum, delay) => sum + delay, 0)).toBe(5_000);
    expect(all.length).toBeLessThan(15);
  });

  test('a request that has waited for long enough, as tries took their time, is not held on', () => {
    expect(nextTry(1, 5_000)).toBeUndefined();
    expect(nextTry(3, 4_990)).toBe(10);
  });
});

import { describe, expect, it } from '@jest/globals';
import { BUGS } from './bugs.js';
import { simulate } from './simulation.js';

const PATIENCE_MS = 10 * 60_000;

it(
  'does the same under the same seed',
  async () => {
    const [one, other, third] = [
      await simulate({ seed: 7 }),
      await simulate({ seed: 7 }),
      await simulate({ seed: 8 }),
    ];
    expect(other.digest).toBe(one.digest);
    expect(third.digest).not.toBe(one.digest);
  },
  PATIENCE_MS,
);

describe('a planted mistake is found:', () => {
  it.each(BUGS)(
    '$name',
    async ({ plant, seed }) => {
      const heal = plant();
      try {
        expect((await simulate({ seed })).violation).not.toBeNull();
      } finally {
        heal();
      }
      expect((await simulate({ seed })).violation).toBeNull();
    },
    PATIENCE_MS,
  );
});

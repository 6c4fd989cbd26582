import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Together } from './together.js';

/** Runs that end when told to. */
function runs(options: Partial<ConstructorParameters<typeof Together<string>>[1]> = {}) {
  const begun: { readonly items: readonly string[]; readonly end: () => void }[] = [];
  const together = new Together<string>(
    (items) => new Promise((resolve) => begun.push({ items, end: resolve })),
    { runs: 1, most: 10, ...options },
  );
  return {
    together,
    add: (...items: readonly string[]) => items.forEach((item) => together.add(item)),
    begun: async () => {
      await turn();
      await turn();
      return begun.map(({ items }) => items.join(''));
    },
    end: (index: number) => begun[index]?.end(),
  };
}

describe('what is done together', () => {
  it('is all that came in one turn, at once', async () => {
    const { add, begun } = runs();
    add('a', 'b', 'c');
    expect(await begun()).toEqual(['abc']);
  });

  it('is all that came while the last run was under way', async () => {
    const { add, begun, end } = runs();
    add('a');
    await begun();
    add('b');
    await begun();
    add('c');
    expect(await begun()).toEqual(['a']);
    end(0);
    expect(await begun()).toEqual(['a', 'bc']);
  });

  it('is no more than one run may take, yet always something', async () => {
    const { add, begun, end } = runs({ most: 3, weigh: (item) => (item === 'X' ? 9 : 1) });
    add('a', 'b', 'X', 'c', 'd');
    expect(await begun()).toEqual(['abc']);
    end(0);
    expect(await begun()).toEqual(['abc', 'X']);
    end(1);
    expect(await begun()).toEqual(['abc', 'X', 'd']);
  });

  it('goes on beside a run that takes long', async () => {
    const { add, begun } = runs({ runs: 2 });
    add('a');
    await begun();
    add('b');
    await begun();
    add('c');
    expect(await begun()).toEqual(['a', 'b']);
  });

  it('leaves out what claims the same as something under way', async () => {
    const { add, begun, end } = runs({ runs: 2, claims: (item) => [item.toLowerCase()] });
    add('a', 'A', 'b');
    expect(await begun()).toEqual(['ab']);
    end(0);
    expect(await begun()).toEqual(['ab', 'A']);
  });

  it('leaves out what was settled while it waited', async () => {
    const { together, add, begun, end } = runs({ claims: (item) => [item.toLowerCase()] });
    add('a');
    await begun();
    add('A', 'b');
    expect(together.withdraw(new Set(['a']))).toEqual(['A']);
    end(0);
    expect(await begun()).toEqual(['a', 'b']);
  });
});

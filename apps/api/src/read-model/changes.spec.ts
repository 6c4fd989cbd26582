import { Changes } from './changes.js';

const patience = { timeoutMs: 5_000, signal: new AbortController().signal };

it('answers at once where there is nothing to wait for', async () => {
  expect(await new Changes().until('machine/1', async () => 'there', patience)).toBe('there');
});

it('misses no change that comes while it asks', async () => {
  const changes = new Changes();
  let asked = 0;
  const found = await changes.until(
    'machine/1',
    async () => {
      asked += 1;
      if (asked < 3) changes.announce('scheduler', ['machine/1']);
      return asked === 3 ? 'there' : null;
    },
    patience,
  );
  expect(found).toBe('there');
});

it('hears of its own aggregate alone, and gives up in time', async () => {
  const changes = new Changes();
  let asked = 0;
  const waiting = changes.until(
    'machine/1',
    async () => {
      asked += 1;
      return null;
    },
    {
      ...patience,
      timeoutMs: 50,
    },
  );
  changes.announce('scheduler', ['machine/2']);
  expect(await waiting).toBeNull();
  expect(asked).toBe(2);
});

it('ends when its asker goes away', async () => {
  const gone = new AbortController();
  const waiting = new Changes().until('machine/1', async () => null, {
    timeoutMs: 60_000,
    signal: gone.signal,
  });
  gone.abort();
  expect(await waiting).toBeNull();
});

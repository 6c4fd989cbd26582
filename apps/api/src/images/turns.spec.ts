import { Turns } from './turns.js';

const busy = { code: 'too_many_lookups', retryable: true };

it('lets nobody take more than their share, nor all together more than there is', async () => {
  const turns = new Turns({ all: 3, each: 2 });
  const gate = Promise.withResolvers<string>();
  const wait = (whose: string) => turns.take(whose, () => gate.promise);
  const taken = [wait('a'), wait('a')];
  await expect(wait('a')).rejects.toMatchObject(busy);
  taken.push(wait('b'));
  await expect(wait('c')).rejects.toMatchObject(busy);
  gate.resolve('done');
  expect(await Promise.all(taken)).toEqual(['done', 'done', 'done']);
  expect(await wait('c')).toBe('done');
});

it('gives a turn back when the work failed', async () => {
  const turns = new Turns({ all: 1, each: 1 });
  for (let attempt = 0; attempt < 3; attempt += 1)
    await expect(turns.take('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});

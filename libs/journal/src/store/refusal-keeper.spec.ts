import { refusalKeeper } from './refusal-keeper.js';

it('forgets once an hour until it is stopped, whatever fails in between', async () => {
  const stop = new AbortController();
  const slept: number[] = [];
  const reported: unknown[] = [];
  let forgotten = 0;
  const clock = {
    now: () => new Date(0),
    async sleep(ms: number) {
      slept.push(ms);
      if (slept.length === 4) stop.abort();
    },
  };
  const forgetOldRefusals = async () => {
    forgotten += 1;
    if (forgotten === 2) throw new Error('the database is away');
    return 0;
  };
  await refusalKeeper({ forgetOldRefusals }, clock, (error) => void reported.push(error)).run(stop.signal);
  expect(slept).toEqual([3_600_000, 3_600_000, 3_600_000, 3_600_000]);
  expect(forgotten).toBe(3);
  expect(reported).toEqual([new Error('the database is away')]);
});

import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Looks until something is so.
 * @template T
 * @param {string} what named where it does not come about
 * @param {() => Promise<T | false | null | undefined> | T | false | null | undefined} look an error counts as not yet
 * @returns {Promise<T>}
 */
export async function eventually(what, look, withinMs = 60_000, everyMs = 200) {
  const deadline = Date.now() + withinMs;
  let last;
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline)
      throw new Error(`${what} did not come about within ${withinMs} ms`, { cause: last });
    await sleep(everyMs);
  }
}

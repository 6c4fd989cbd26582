import { setTimeout as delay } from 'node:timers/promises';

/**
 * Keeps `clients` pieces of work under way, each beginning its next when its last is done.
 * @returns {Promise<number>} pieces done per second
 */
export async function ratePerSecond({ clients, seconds }, work) {
  const started = performance.now();
  const until = started + seconds * 1_000;
  let done = 0;
  const client = async () => {
    while (performance.now() < until) {
      await work();
      done++;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (done * 1_000) / (performance.now() - started);
}

/**
 * Begins `perSecond` pieces of work each second, however long they take: what waits behind a slow one counts against it. `work` gets the
 * time at which it was due (of `performance.now`), which may be a little ago.
 * @returns {Promise<number>} pieces begun per second, in truth
 * @throws what the first piece that failed threw
 */
export async function openLoop({ perSecond, seconds, signal }, work) {
  const started = performance.now();
  const all = perSecond * seconds;
  const under = [];
  const failures = [];
  while (under.length < all && failures.length === 0 && !signal?.aborted) {
    const due = Math.min(all, Math.floor(((performance.now() - started) * perSecond) / 1_000));
    while (under.length < due) {
      const dueAt = started + (under.length * 1_000) / perSecond;
      under.push(work(dueAt).catch((error) => failures.push(error)));
    }
    await delay(1);
  }
  const began = performance.now() - started;
  await Promise.all(under);
  if (failures.length > 0) throw failures[0];
  return (under.length * 1_000) / began;
}

import type { Backend } from './routes.js';

/** How long after a machine became one to route to it may still be about to listen, in ms. */
const YOUNG_MS = 30_000;
/** How long a request waits for it in all, in ms. */
const MAX_WAIT_MS = 5_000;
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 500;

/** @param now wall-clock time, in ms */
export const isYoung = ({ since }: Backend, now: number): boolean => now - since < YOUNG_MS;

/**
 * When to ask a young machine again that took no connection, in ms from now: soon at first, then ever more rarely. Undefined where the
 * request has waited for long enough.
 * @param tries how often the request has waited before
 * @param waitedMs since it waited first
 */
export function nextTry(tries: number, waitedMs: number): number | undefined {
  const left = MAX_WAIT_MS - waitedMs;
  return left > 0 ? Math.min(FIRST_DELAY_MS * 2 ** tries, MAX_DELAY_MS, left) : undefined;
}

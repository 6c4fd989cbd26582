const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** A child that ran this long is thought healthy again. */
const HEALTHY_AFTER_MS = 60_000;

/**
 * How long to wait before a child that died is started again.
 * @param {number} failures how often it died in a row before this
 * @param {number} ranForMs how long it ran this time
 * @returns {{ failures: number, delayMs: number }}
 */
export function nextAttempt(failures, ranForMs) {
  const inARow = ranForMs >= HEALTHY_AFTER_MS ? 0 : failures;
  return { failures: inARow + 1, delayMs: Math.min(FIRST_MS * 2 ** inARow, LONGEST_MS) };
}

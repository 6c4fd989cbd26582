import type { Clock } from '../ports/clock.js';
import type { Journal } from './journal.js';

const EVERY_MS = 3_600_000;

/** Forgets, once an hour, the refusals of a journal that nobody asks for any more. Any copy of a service may do it at any time. */
export const refusalKeeper = (
  journal: Pick<Journal, 'forgetOldRefusals'>,
  clock: Clock,
  report: (error: unknown) => void,
) => ({
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(EVERY_MS, signal);
      if (!signal.aborted) await journal.forgetOldRefusals().catch(report);
    }
  },
});

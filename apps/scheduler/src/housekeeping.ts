import type { Clock, Database, Journal } from '@bulkhead/journal';

const EVERY_MS = 10 * 60_000;

/** Forgets what nobody asks for any more: old refusals and leases that ran out. Any copy may do it at any time. */
export const housekeeping = (
  journal: Pick<Journal, 'forgetOldRefusals'>,
  database: Database,
  clock: Clock,
  report: (error: unknown) => void,
) => ({
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(EVERY_MS, signal);
      if (signal.aborted) return;
      try {
        await journal.forgetOldRefusals();
        await database.query('delete from lease where expires_at < clock_timestamp()');
      } catch (error) {
        report(error);
      }
    }
  },
});

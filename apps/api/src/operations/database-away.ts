import { isBulkheadError, RetryableError, TerminalError } from '@bulkhead/contracts';
import { isDatabaseAway } from '@bulkhead/journal';

const RETRY_AFTER_MS = 1_000;

/**
 * Does what changes nothing. @throws RetryableError `database_unavailable` where the api's own database went away meanwhile
 */
export async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isAway(error)) throw error;
    throw new RetryableError(
      'database_unavailable',
      'the database is away for a moment; try again',
      RETRY_AFTER_MS,
      { cause: error, operator: String(error) },
    );
  }
}

/**
 * Does what may change something. @throws TerminalError `deadline_exceeded` (504) with the key that gets the result where the api's
 * own database went away: by then it may have been done.
 */
export async function changing<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isAway(error)) throw error;
    throw new TerminalError(
      'deadline_exceeded',
      'the database went away; send the same request with this Idempotency-Key for its result',
      { status: 504, details: { key }, cause: error, operator: String(error) },
    );
  }
}

/** Errors of ours say already what may be sent again. */
const isAway = (error: unknown): boolean => !isBulkheadError(error) && isDatabaseAway(error);

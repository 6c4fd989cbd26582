import { Refusal } from '@bulkhead/domain';
import {
  isBulkheadError,
  RetryableError,
  TerminalError,
  type BulkheadError,
  type CommandFailure,
} from '@bulkhead/contracts';
import { CommitUnknown, DatabaseUnavailable } from '../ports/sql.js';

/** What a database that can't be reached means for whoever asked; where a commit's answer was lost, ask again under the same key. */
export const databaseAway = (cause: DatabaseUnavailable): RetryableError =>
  cause instanceof CommitUnknown
    ? new RetryableError('outcome_unknown', 'the answer was lost; ask again under the same key', 200, {
        status: 504,
        cause,
      })
    : new RetryableError('database_unavailable', 'the database is away for a moment; try again', 500, {
        cause,
      });

/** How an error travels. Only what is meant for the user does; what operators need stays with the service that failed. */
export function toFailure(thrown: unknown): CommandFailure {
  const error = thrown instanceof DatabaseUnavailable ? databaseAway(thrown) : thrown;
  if (error instanceof Refusal)
    return {
      code: error.code,
      message: error.message,
      status: error.status,
      retryable: false,
      details: { ...error.details },
    };
  if (!isBulkheadError(error))
    return {
      code: 'internal_error',
      message: 'something went wrong inside; it is in the logs',
      status: 500,
      retryable: false,
    };
  const { code, message, status, retryable, details } = error;
  const delay = error instanceof RetryableError ? { delayMs: Math.max(0, Math.round(error.delayMs)) } : {};
  return { code, message, status, retryable, ...delay, details: { ...details } };
}

export function fromFailure(failure: CommandFailure): BulkheadError {
  const { code, message, status, details = {} } = failure;
  return failure.retryable
    ? new RetryableError(code, message, failure.delayMs ?? 200, { status, details })
    : new TerminalError(code, message, { status, details });
}

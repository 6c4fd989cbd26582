import { Refusal } from '@bulkhead/domain';
import {
  isBulkheadError,
  RetryableError,
  TerminalError,
  type BulkheadError,
  type CommandFailure,
} from '@bulkhead/contracts';

/** How an error travels. Only what is meant for the user does; what operators need stays with the service that failed. */
export function toFailure(error: unknown): CommandFailure {
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

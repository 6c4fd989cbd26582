import { isBulkheadError, RetryableError, TerminalError } from '@bulkhead/contracts';

/** The body of every answer that is no success. `error` is what the Machines API's clients show; `code` is stable. */
export interface FailureBody {
  readonly error: string;
  readonly code: string;
  /** The same as `code`: where the Machines API's clients look for it. */
  readonly status: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly request_id: string;
}

export interface Failure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: FailureBody;
  /** For the operator's log, where something of ours went wrong. */
  readonly log: unknown;
}

/** What a client is told of an error. What is not ours to tell becomes `internal_error`; the log has it. */
export function failureOf(error: unknown, requestId: string): Failure {
  const known = isBulkheadError(error) ? error : fromFramework(error);
  if (known === null)
    return {
      status: 500,
      headers: {},
      log: error,
      body: {
        error: 'something went wrong inside the platform; its operator finds it in the log by request_id',
        code: 'internal_error',
        status: 'internal_error',
        request_id: requestId,
      },
    };
  const details = Object.keys(known.details).length > 0 ? { details: known.details } : {};
  return {
    status: known.status,
    headers:
      known instanceof RetryableError ? { 'retry-after': String(Math.ceil(known.delayMs / 1000) || 1) } : {},
    log: known.operator ?? (known.status >= 500 ? known : undefined),
    body: { error: known.message, code: known.code, status: known.code, ...details, request_id: requestId },
  };
}

/** Errors that Fastify and Nest raise before a handler is reached, by status. Their own messages may quote the request. */
const FRAMEWORK: Readonly<Record<number, readonly [code: string, message: string]>> = {
  404: ['no_such_route', 'there is nothing at this path'],
  413: ['body_too_large', 'the body is larger than 1 MiB'],
  415: ['unsupported_media_type', 'send JSON, as application/json'],
};

function fromFramework(error: unknown): TerminalError | null {
  if (!(error instanceof Error)) return null;
  const status = statusOf(error);
  if (status === undefined || status < 400 || status >= 500) return null;
  const [code, message] = FRAMEWORK[status] ?? ['invalid_request', 'the request is not understood'];
  return new TerminalError(code, message, { status });
}

function statusOf(error: Error): number | undefined {
  if ('getStatus' in error && typeof error.getStatus === 'function') return Number(error.getStatus());
  return 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

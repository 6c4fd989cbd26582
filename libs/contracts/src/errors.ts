/** What an error says to a machine; `message` is for the user, `operator` for the logs of whoever runs the platform. */
export interface ErrorDetails {
  /** The HTTP status a client of the API sees. */
  readonly status?: number;
  readonly operator?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Never retried: the same request gets the same answer. */
export class TerminalError extends Error {
  readonly retryable = false;
  readonly status: number;
  readonly operator: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(
    readonly code: string,
    message: string,
    { status = 422, operator, details = {}, cause }: ErrorDetails = {},
  ) {
    super(message, { cause });
    this.name = 'TerminalError';
    this.status = status;
    this.operator = operator;
    this.details = details;
  }
}

/** May succeed when asked again after `delayMs`; nothing was committed. */
export class RetryableError extends Error {
  readonly retryable = true;
  readonly status: number;
  readonly operator: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(
    readonly code: string,
    message: string,
    readonly delayMs: number,
    { status = 503, operator, details = {}, cause }: ErrorDetails = {},
  ) {
    super(message, { cause });
    this.name = 'RetryableError';
    this.status = status;
    this.operator = operator;
    this.details = details;
  }
}

export type BulkheadError = TerminalError | RetryableError;

export const isBulkheadError = (error: unknown): error is BulkheadError =>
  error instanceof TerminalError || error instanceof RetryableError;

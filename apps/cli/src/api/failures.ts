import { CliError } from '../cli-error.js';
import { EXIT, type ExitCode } from '../exit-codes.js';

interface ApiFailure {
  readonly message: string;
  readonly code: string | undefined;
  readonly status: number | undefined;
}

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  UNAUTHORIZED: 401,
  NOT_FOUND: 404,
  not_found: 404,
  forbidden: 403,
  unauthenticated: 401,
  SERVER_ERROR: 500,
};

/** What an error of the API means to the person at the keyboard: exit code, and what to do next. */
export function failureOf({ message, code, status }: ApiFailure): CliError {
  const known = status ?? STATUS_OF_CODE[code ?? ''];
  return new CliError(message, {
    code: code ?? `http_${known ?? 'error'}`,
    exitCode: exitCodeOf(known),
    advice: adviceFor(known),
  });
}

function exitCodeOf(status: number | undefined): ExitCode {
  if (status === undefined) return EXIT.refused;
  if (status === 404) return EXIT.notFound;
  if (status === 401 || status === 403) return EXIT.denied;
  if (status === 408 || status === 429 || status >= 500) return EXIT.unavailable;
  return EXIT.refused;
}

function adviceFor(status: number | undefined): string | undefined {
  switch (status) {
    case 401:
      return 'Set BULKHEAD_TOKEN to a valid token; an administrator makes one with: bulkhead tokens create';
    case 403:
      return 'Ask for a token that may do this.';
    case 404:
      return 'See what is there with: bulkhead apps list, bulkhead machine list <app>';
    case 408:
      return 'It may still happen: look with bulkhead machine status.';
    case 429:
      return 'Wait a moment and try again.';
    default:
      return status !== undefined && status >= 500
        ? 'Look with bulkhead doctor; what was asked for may have been done, so look before asking again.'
        : undefined;
  }
}

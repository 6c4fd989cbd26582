import { EXIT, type ExitCode } from './exit-codes.js';

/** An error for the person who typed the command: what happened, and what to do next. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  /** Stable, for scripts. */
  readonly code: string;
  readonly advice: string | undefined;

  constructor(
    message: string,
    {
      code,
      exitCode = EXIT.refused,
      advice,
      cause,
    }: { code: string; exitCode?: ExitCode; advice?: string | undefined; cause?: unknown },
  ) {
    super(message, { cause });
    this.name = 'CliError';
    this.code = code;
    this.exitCode = exitCode;
    this.advice = advice;
  }
}

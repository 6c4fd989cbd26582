import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';

/** What went wrong with a file that the command line named. */
export const unreadable = (file: string, cause: unknown): CliError =>
  cause instanceof CliError
    ? cause
    : new CliError(`${file} can't be used: ${cause instanceof Error ? cause.message : String(cause)}`, {
        code: 'unreadable',
        exitCode: EXIT.usage,
        cause,
      });

import { CommanderError, type Command } from 'commander';
import { z } from 'zod';
import { CliError } from './cli-error.js';
import { Context, type Streams } from './context.js';
import { EXIT } from './exit-codes.js';
import { buildProgram } from './program.js';

interface Invocation {
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly streams: Streams;
}

/** Runs one command line and returns the exit code. */
export async function run({ args, environment, directory, streams }: Invocation): Promise<number> {
  const context = new Context({ environment, directory, streams, now: () => new Date() });
  const program = buildProgram(context);
  everyCommand(program).forEach((command) =>
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => streams.out(text), writeErr: (text) => streams.err(text) }),
  );
  try {
    await program.parseAsync([...args], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    return report(error, args.includes('--json'), streams);
  }
}

/** With `--json` an error is JSON too, on standard error. */
function report(error: unknown, json: boolean, streams: Streams): number {
  // Commander has printed its own by now; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const known = asCliError(error);
  if (json) {
    const { code, message, advice } = known;
    streams.err(`${JSON.stringify({ error: { code, message, advice, exitCode: known.exitCode } })}\n`);
  } else streams.err(`Error: ${known.message}\n${known.advice ? `${known.advice}\n` : ''}`);
  return known.exitCode;
}

function asCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof z.ZodError)
    return new CliError(`An option is wrong:\n${z.prettifyError(error)}`, {
      code: 'bad_option',
      exitCode: EXIT.usage,
    });
  return new CliError(error instanceof Error ? (error.stack ?? error.message) : String(error), {
    code: 'unexpected',
    exitCode: EXIT.unexpected,
    advice: 'This is a defect of the command line; please report it.',
  });
}

const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)];

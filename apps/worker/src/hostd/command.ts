import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** A host program that failed; the message names it and what it said. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Runs a program of the host with an argument array and an optional input; resolves with its output. */
export async function command(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, args, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' } });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  child.stdin.on('error', () => undefined); // a program that ends early says why by its status
  child.stdin.end(input);
  const [status, output, complaint] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (status !== 0)
    throw new CommandError(`${program} ${args.join(' ')} ended with ${status}: ${complaint.trim()}`);
  return output;
}

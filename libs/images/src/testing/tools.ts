import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a host tool to its end and answers what it printed. */
export async function run(command: string, ...args: readonly string[]): Promise<string> {
  return (await execute(command, args, { maxBuffer: 64 * 1024 ** 2 })).stdout;
}

/** Directories that `clean` removes. */
export function scratch() {
  const made: string[] = [];
  return {
    async directory(): Promise<string> {
      const path = await mkdtemp(join(tmpdir(), 'bulkhead-images-'));
      made.push(path);
      return path;
    },
    async clean(): Promise<void> {
      await Promise.all(made.splice(0).map((path) => rm(path, { recursive: true, force: true })));
    },
  };
}

/** Every path below a directory with type, mode, owner, size, modification time, link count and link target; directories' sizes and times are left out. */
export async function listTree(directory: string): Promise<string[]> {
  const files = await run(
    'find',
    directory,
    '-mindepth',
    '1',
    '!',
    '-type',
    'd',
    '-printf',
    '%P\t%y\t%m\t%U\t%G\t%s\t%T@\t%n\t%l\n',
  );
  const directories = await run(
    'find',
    directory,
    '-mindepth',
    '1',
    '-type',
    'd',
    '-printf',
    '%P\t%y\t%m\t%U\t%G\t%n\n',
  );
  return (files + directories).split('\n').filter(Boolean).sort();
}

import { spawn } from 'node:child_process';
import type { ApiClient } from '../api/api-client.js';

/** What a check found. `unknown`: it could not look, and says why. */
export interface Finding {
  readonly status: 'ok' | 'warning' | 'failed' | 'unknown';
  readonly found: string;
  readonly advice?: string;
}

/** One question about this host or the platform. Checks change nothing that stays. */
export interface Check {
  readonly name: string;
  run(surroundings: CheckSurroundings): Promise<Finding>;
}

export interface CheckSurroundings {
  /** Null where no platform is known: only the host's own checks say something then. */
  readonly api: ApiClient | null;
  readonly now: () => Date;
}

const TIME_LIMIT_MS = 10_000;

/** Runs a program for a check; null where it isn't installed. Its output is bounded. */
export function tryProgram(
  file: string,
  args: readonly string[],
): Promise<{ ok: boolean; output: string } | null> {
  const { promise, resolve } = Promise.withResolvers<{ ok: boolean; output: string } | null>();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIME_LIMIT_MS });
  let output = '';
  const collect = (chunk: Buffer) => (output = (output + chunk.toString('utf8')).slice(-4096));
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.once('error', () => resolve(null));
  child.once('close', (code) => resolve({ ok: code === 0, output: output.trim() }));
  return promise;
}

/** Arguments that run a program in a network namespace of its own, which vanishes with it. */
export const inOwnNetwork = (...command: readonly string[]): readonly string[] => [
  '--net',
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  ...command,
];

export const firstLine = (text: string): string => text.split('\n')[0] ?? '';

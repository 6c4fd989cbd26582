import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export interface ServerProcess {
  readonly pid: number;
  /** What it wrote to stderr, at most the last 16 KiB. */
  output(): string;
  stop(signal: NodeJS.Signals): Promise<void>;
  /** Freezes (SIGSTOP) or thaws (SIGCONT) it. */
  signal(signal: NodeJS.Signals): void;
  readonly exited: boolean;
}

/** User ids of the one a server must run as; undefined is this process's own. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** `setpriv` arguments: the child gets `signal` when this process dies, however it dies. */
const privileges = (signal: string, as?: RunAs): string[] => [
  '--pdeathsig',
  signal,
  ...(as ? ['--reuid', String(as.uid), '--regid', String(as.gid), '--clear-groups'] : []),
  '--',
];

export function startServer(
  command: readonly string[],
  { deathSignal, as }: { readonly deathSignal: string; readonly as?: RunAs | undefined },
): ServerProcess {
  const child = spawn('setpriv', [...privileges(deathSignal, as), ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-16_384)));
  child.on('error', (error) => (output += error.message));
  return {
    pid: child.pid ?? -1,
    output: () => output,
    signal: (signal) => child.kill(signal),
    stop: (signal) => stop(child, signal),
    get exited() {
      return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    },
  };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  child.kill('SIGCONT');
  await gone;
}

interface Waiting {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
  readonly describe?: () => string;
}

/** Polls until `check` gives something. @throws Error with what `describe` says after `timeoutMs`. */
export async function eventually<T>(
  check: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  { timeoutMs = 10_000, everyMs = 10, describe = () => 'the condition did not come true' }: Waiting = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false && value !== null) return value;
    if (Date.now() > deadline) throw new Error(`${describe()} within ${timeoutMs} ms`);
    await delay(everyMs);
  }
}

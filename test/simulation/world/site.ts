import type { Kernel } from '../kernel/kernel.js';
import { SimProcess } from '../kernel/process.js';
import { Broker } from '../memory/broker.js';
import { DatabaseServer } from '../memory/database.js';
import { StreamServer } from '../memory/streams.js';

/** The servers that everybody shares, and the lives of the processes around them. */
export class Site {
  readonly broker: Broker;
  readonly streams: StreamServer;
  readonly database: DatabaseServer;

  constructor(readonly kernel: Kernel) {
    this.broker = new Broker(kernel);
    this.streams = new StreamServer(this.broker);
    this.database = new DatabaseServer(kernel);
  }

  /** A new life of a process, which its `name` knows as the same. */
  process(name: string): SimProcess {
    return new SimProcess(this.kernel, name);
  }

  kill(process: SimProcess): void {
    process.kill();
    this.broker.left(process);
    this.database.left(process);
  }

  stop(process: SimProcess): void {
    process.stop();
    this.database.stopped(process);
  }
}

/** What a process says, as a line each. */
export function loggerOf({ kernel, name }: SimProcess) {
  const say = (details: unknown, text?: string) =>
    kernel.note(name, `${text ?? ''} ${wordsOf(details)}`.trim());
  return { error: say, warn: say, info: () => undefined };
}

function wordsOf(details: unknown): string {
  if (typeof details === 'string') return details;
  if (typeof details !== 'object' || details === null) return '';
  const { err, problem } = details as { readonly err?: unknown; readonly problem?: unknown };
  if (err instanceof Error) return `${err.name}: ${err.message}`;
  if (typeof problem !== 'object' || problem === null) return '';
  const { error, why } = problem as { readonly error?: unknown; readonly why?: unknown };
  return error instanceof Error ? `${error.name}: ${error.message}` : String(why);
}

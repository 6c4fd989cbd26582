import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const LOADER = new URL('./run-from-source.mjs', import.meta.url);
const MAIN = new URL('../main.ts', import.meta.url);

const line = z.looseObject({ msg: z.string() });
const listening = z.object({ http: z.int(), https: z.int() });
const started = z.object({ operationsPort: z.int() });

/** A whole edge as it is deployed: its own process, its threads, its signals. */
export class EdgeProcess {
  readonly lines: z.infer<typeof line>[] = [];
  private readonly waiting: (() => void)[] = [];

  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout ?? process.stdin }).on('line', (text) => {
      this.lines.push(line.parse(JSON.parse(text)));
      for (const wake of this.waiting.splice(0)) wake();
    });
  }

  static start(directory: string, environment: Record<string, string>): EdgeProcess {
    const flags = ['--no-warnings', '--conditions=source', '--import', LOADER.href];
    const child = spawn(process.execPath, [...flags, fileURLToPath(MAIN)], {
      env: {
        PATH: process.env['PATH'],
        BULKHEAD_SERVICE_DIR: directory,
        BULKHEAD_EDGE_HTTP_PORT: '0',
        BULKHEAD_EDGE_HTTPS_PORT: '0',
        BULKHEAD_EDGE_THREADS: '2',
        // No control plane is there: these tests are about an edge that is left alone.
        BULKHEAD_VAULT_URL: 'https://127.0.0.1:1',
        BULKHEAD_NATS_URL: 'nats://127.0.0.1:1',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return new EdgeProcess(child);
  }

  /** The ports it says it listens on. */
  async ports(): Promise<{ http: number; https: number; operations: number }> {
    const { http, https } = listening.parse(await this.said('listening'));
    const { operationsPort } = started.parse(await this.said('started'));
    return { http, https, operations: operationsPort };
  }

  async said(message: string): Promise<z.infer<typeof line>> {
    for (;;) {
      const found = this.lines.find(({ msg }) => msg === message);
      if (found) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async exit(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }
}

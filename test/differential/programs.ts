import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

/** A program that runs until it is told to stop. */
export class Program {
  private said = '';

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (piece: Buffer) => (this.said = (this.said + piece.toString()).slice(-20_000)));
  }

  static start(file: string, args: readonly string[], options: SpawnOptions = {}): Program {
    return new Program(spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Resolves with the first line it says that `find` makes something of. @throws Error with its last words where it ends first */
  async line<T>(find: (line: string) => T | undefined): Promise<T> {
    for (;;) {
      for (const line of this.said.split('\n')) {
        const found = find(line);
        if (found !== undefined) return found;
      }
      if (this.child.exitCode !== null) throw new Error(`it ended: ${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Resolves once the port takes connections. */
  async listens(port: number): Promise<void> {
    while (!(await takesConnections(port))) {
      if (this.child.exitCode !== null) throw new Error(`it ended: ${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

const takesConnections = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

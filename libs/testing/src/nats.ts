import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type NatsConnection } from 'nats';
import { z } from 'zod';
import { eventually, startServer, type ServerProcess } from './child.js';
import { temporaryDirectory } from './temporary.js';

/** A real nats-server with JetStream in a directory of its own. */
export interface TestNats {
  readonly url: string;
  readonly server: ServerProcess;
  /** As one identity: answers come below `_IN.<caller>.` */
  connect(caller?: string, options?: ConnectionOptions): Promise<NatsConnection>;
  /** Kills it as a power failure would, and starts it again on the same port, with its streams or without. */
  restart(options?: { readonly wiped?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

const ports = z.object({ nats: z.array(z.string()).min(1) });

/** @param config lines added to the server's configuration. */
export async function startNats(config = ''): Promise<TestNats> {
  const home = temporaryDirectory('nats');
  const store = join(home, 'store');
  const connections: NatsConnection[] = [];
  let running = await start(home, store, config, -1);
  const port = Number(new URL(running.url).port);
  return {
    url: running.url,
    get server() {
      return running.server;
    },
    async connect(caller = 'test', options = {}) {
      const connection = await connect({
        servers: running.url,
        name: caller,
        inboxPrefix: `_IN.${caller}`,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 50,
        reconnectJitter: 10,
        ...options,
      });
      connections.push(connection);
      return connection;
    },
    async restart({ wiped = false } = {}) {
      await running.server.stop('SIGKILL');
      if (wiped) rmSync(store, { recursive: true, force: true });
      running = await start(home, store, config, port);
    },
    async stop() {
      await Promise.all(connections.map((connection) => connection.close().catch(() => undefined)));
      await running.server.stop('SIGKILL');
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function start(home: string, store: string, config: string, port: number) {
  const file = join(home, 'nats.conf');
  writeFileSync(file, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${store}" }\n${config}\n`);
  const server = startServer(['nats-server', '-c', file, '--ports_file_dir', home], { deathSignal: 'KILL' });
  const url = await eventually(
    () => {
      if (server.exited) throw new Error(`nats-server did not start: ${server.output()}`);
      return addressOf(home, server.pid);
    },
    { describe: () => `nats-server did not listen: ${server.output()}` },
  );
  return { server, url };
}

function addressOf(home: string, pid: number): string | undefined {
  const file = readdirSync(home).find((name) => name.endsWith(`_${pid}.ports`));
  const text = file === undefined ? '' : readFileSync(join(home, file), 'utf8');
  return text === '' ? undefined : ports.parse(JSON.parse(text)).nats[0];
}

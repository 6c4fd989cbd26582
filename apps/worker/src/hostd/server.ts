import { once } from 'node:events';
import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { LineReader } from '../runtime/qemu/lines.js';
import type { HostdConfig } from './config.js';
import { type Jails, Refusal } from './jails.js';
import { hostRequest, type HostRequest, MAX_REQUEST } from './protocol.js';

/** At most this many connections: the worker needs one. */
const MAX_CONNECTIONS = 4;

/** Answers the worker's requests, one at a time, on a socket that only its user can open. */
export async function serve(config: HostdConfig, jails: Jails): Promise<Server> {
  let queue = Promise.resolve();
  const oneAtATime = (work: () => Promise<void>) => (queue = queue.then(work));
  const server = createServer((socket) => converse(socket, jails, oneAtATime));
  server.maxConnections = MAX_CONNECTIONS;
  await mkdir(dirname(config.socket), { recursive: true, mode: 0o755 });
  await rm(config.socket, { force: true });
  const umask = process.umask(0o177);
  server.listen(config.socket);
  await once(server, 'listening');
  process.umask(umask);
  await chmod(config.socket, 0o600);
  await chown(config.socket, config.worker.uid, config.worker.gid);
  return server;
}

function converse(
  socket: Socket,
  jails: Jails,
  oneAtATime: (work: () => Promise<void>) => Promise<void>,
): void {
  const lines = new LineReader(MAX_REQUEST);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    try {
      for (const line of lines.push(chunk)) {
        void oneAtATime(async () => {
          const reply = await answer(jails, line);
          if (!socket.destroyed) socket.write(JSON.stringify(reply) + '\n');
        });
      }
    } catch {
      socket.destroy(); // a line beyond every limit
    }
  });
}

async function answer(jails: Jails, line: string): Promise<object> {
  try {
    const request = hostRequest.safeParse(parseJson(line));
    if (!request.success) throw new Refusal('bad_request', 'Not a request hostd knows.');
    return { ok: (await perform(jails, request.data)) ?? null };
  } catch (error) {
    const code = error instanceof Refusal ? error.code : 'failed';
    const message = error instanceof Error ? error.message : String(error);
    if (code === 'failed') console.error(message, error);
    return { error: { code, message } };
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function perform(jails: Jails, request: HostRequest): Promise<unknown> {
  switch (request.type) {
    case 'start':
      return jails.start(request);
    case 'admit':
      return jails.admit(request.machine);
    case 'complaint':
      return { text: jails.complaint(request.machine) };
    case 'remove':
      return jails.remove(request.machine);
    case 'list':
      return { machines: jails.list() };
  }
}

import { once } from 'node:events';
import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { parseJson } from '@bulkhead/contracts';
import { LineReader } from '../runtime/qemu/lines.js';
import type { HostdConfig } from './config.js';
import type { Jails } from './jails.js';
import { FAILED, hostRequest, type HostRequest, MAX_REQUEST } from './protocol.js';
import { Refusal } from './refusal.js';

/** At most this many connections: the worker needs one. */
const MAX_CONNECTIONS = 4;

/** Told of every failure that is hostd's own. */
type Report = (error: unknown) => void;

/** Answers the worker's requests, one at a time, on a socket that only its user can open. */
export async function serve(config: HostdConfig, jails: Jails, report: Report): Promise<Server> {
  let queue = Promise.resolve();
  const oneAtATime = (work: () => Promise<void>) => (queue = queue.then(work));
  const server = createServer((socket) =>
    converse(socket, (line) => answer(jails, line, report), oneAtATime),
  );
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
  reply: (line: string) => Promise<object>,
  oneAtATime: (work: () => Promise<void>) => Promise<void>,
): void {
  const lines = new LineReader(MAX_REQUEST);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    try {
      for (const line of lines.push(chunk)) {
        void oneAtATime(async () => {
          const answered = await reply(line);
          if (!socket.destroyed) socket.write(JSON.stringify(answered) + '\n');
        });
      }
    } catch {
      socket.destroy(); // a line beyond every limit
    }
  });
}

async function answer(jails: Jails, line: string, report: Report): Promise<object> {
  try {
    const request = hostRequest.safeParse(parseJson(line));
    if (!request.success) throw new Refusal('bad_request', 'Not a request hostd knows.');
    return { ok: (await perform(jails, request.data)) ?? null };
  } catch (error) {
    if (error instanceof Refusal) return { error: { code: error.code, message: error.message } };
    report(error);
    return { error: { code: FAILED, message: String(error) } };
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

import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A socket that isn't there yet costs a start this much at most. */
const LOOK_EVERY_MS = 3;
/** sockaddr_un holds 108 bytes with the final zero (unix(7)). */
const MAX_SOCKET_PATH = 107;

/** Runs an action with a path of the socket that fits into a socket address, however deep its directory is. */
async function withShortPath<T>(
  directory: string,
  name: string,
  action: (path: string) => Promise<T>,
): Promise<T> {
  const path = join(directory, name);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return action(path);
  const handle = await open(directory, 'r');
  try {
    return await action(`/proc/self/fd/${handle.fd}/${name}`);
  } finally {
    await handle.close();
  }
}

/** Connects to a VMM's socket, which may take some milliseconds to appear. */
export async function connectTo(directory: string, name: string, timeoutMs: number): Promise<Socket> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await withShortPath(directory, name, connectOnce);
    } catch (error) {
      if (Date.now() >= deadline) throw error;
      await sleep(LOOK_EVERY_MS);
    }
  }
}

async function connectOnce(path: string): Promise<Socket> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Listens where a VMM, which runs as somebody else, can connect; only it can enter the directory. */
export async function listenIn(server: Server, directory: string, name: string): Promise<void> {
  await withShortPath(directory, name, async (path) => {
    server.listen({ path, writableAll: true });
    await once(server, 'listening');
  });
}

import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '@bulkhead/contracts';
import { z } from 'zod';
import { SOCKETS } from './arguments.js';
import type { Qmp } from './qmp.js';
import { seal, type StreamKey, unseal } from './sealed-stream.js';
import { connectTo, listenIn } from './sockets.js';

const OUTGOING = 'outgoing.sock';
const LIMIT_MS = 60_000;
const READ_BYTES = 512 * 1024;
/** Bytes per second: as fast as the socket takes them. */
const MAX_BANDWIDTH = 2 ** 40;

/** Where a VM's memory is kept, and under which key. */
export interface SealedMemory extends StreamKey {
  readonly path: string;
}

/**
 * Stops a VM and writes its memory and device state to a file, sealed, whole or not at all. The stream runs through this process:
 * QEMU may open nothing, and no plain byte reaches the disk.
 */
export async function saveMemory(monitor: Qmp, directory: string, memory: SealedMemory): Promise<void> {
  const { path } = memory;
  const partial = `${path}.partial`;
  const server = createServer();
  await listenIn(server, directory, OUTGOING);
  try {
    await monitor.execute('stop', {}, z.unknown());
    await monitor.execute('migrate-set-parameters', { 'max-bandwidth': MAX_BANDWIDTH }, z.unknown());
    const connection = once(server, 'connection', { signal: AbortSignal.timeout(LIMIT_MS) });
    await monitor.execute('migrate', { uri: `unix:${OUTGOING}` }, z.unknown());
    const [socket] = z.tuple([z.custom<Socket>()]).parse(await connection);
    await pipeline(socket, (plain) => seal(plain, memory), createWriteStream(partial, { mode: 0o600 }));
    await completed(monitor, 'query-migrate', ['completed'], ['failed', 'cancelled']);
    await syncFile(partial);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  } finally {
    server.close();
    await rm(join(directory, OUTGOING), { force: true });
  }
}

/**
 * Fills a VM that waits for its memory; it is stopped afterwards.
 * @throws TerminalError `stream_altered`: the VM holds a part of its memory and must not run
 */
export async function loadMemory(monitor: Qmp, directory: string, memory: SealedMemory): Promise<void> {
  const socket = await connectTo(directory, SOCKETS.incoming, 5_000);
  try {
    await feed(unseal(createReadStream(memory.path, { highWaterMark: READ_BYTES }), memory), socket);
  } finally {
    socket.destroy();
  }
  await completed(monitor, 'query-status', ['paused', 'postmigrate', 'prelaunch'], ['internal-error']);
}

/** QEMU closes once it has the end mark; what follows is read, and so verified, all the same. */
async function feed(plain: AsyncIterable<Buffer>, socket: Socket): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined); // whether QEMU took everything is its status' to say
  for await (const chunk of plain) {
    if (socket.writable && !socket.write(chunk))
      await Promise.race([closed, new Promise<void>((resolve) => socket.once('drain', resolve))]);
  }
  socket.end();
  await closed;
}

const statusAnswer = z.object({ status: z.string().default('none') });

async function completed(monitor: Qmp, query: string, good: string[], bad: string[]): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (Date.now() < deadline) {
    const { status } = await monitor.execute(query, {}, statusAnswer);
    if (good.includes(status)) return;
    if (bad.includes(status))
      throw new RetryableError('snapshot_failed', `QEMU says ${status} to ${query}.`, 1000);
    await sleep(5);
  }
  throw new RetryableError('snapshot_failed', `QEMU did not finish within ${LIMIT_MS} ms.`, 1000);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

import type { Socket } from 'node:net';
import { readClientHello } from './client-hello.js';

/**
 * Reads a new connection until its ClientHello is there, and puts back what was read. A connection that ends or lets its time pass
 * before is closed.
 * @param take called at most once, with the name that the client asks for
 */
export function awaitClientHello(
  socket: Socket,
  limitMs: number,
  take: (serverName: string | undefined) => void,
): void {
  let held = Buffer.alloc(0);
  const close = () => void socket.destroy();
  const read = () => {
    for (let chunk: unknown = socket.read(); Buffer.isBuffer(chunk); chunk = socket.read())
      held = Buffer.concat([held, chunk]);
    const greeting = readClientHello(held);
    if (greeting.kind === 'partial') return;
    clearTimeout(timer);
    socket.off('readable', read).off('end', close).off('error', close).off('close', stop);
    socket.unshift(held);
    take(greeting.serverName);
  };
  const stop = () => clearTimeout(timer);
  const timer = setTimeout(close, limitMs);
  socket.on('readable', read).on('end', close).on('error', close).on('close', stop);
}

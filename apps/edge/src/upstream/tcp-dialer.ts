import { connect, type Socket } from 'node:net';

/** Connects to an address; rejects with the socket's error, or once the signal aborts. */
export function dialTcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
  return established(socket, 'connect', signal);
}

/** The socket once it has emitted `event`; destroyed where it fails or the signal aborts first. */
export function established<S extends Socket>(socket: S, event: string, signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const settle = (failure?: Error) => {
      signal.removeEventListener('abort', onAbort);
      socket.off(event, onReady).off('error', settle).off('close', onClose);
      if (!failure) return resolve(socket);
      socket.on('error', () => socket.destroy());
      socket.destroy();
      reject(failure);
    };
    const onReady = () => settle();
    const onClose = () => settle(new Error('closed before it was ready'));
    const onAbort = () => settle(new Error('gave up waiting'));
    signal.addEventListener('abort', onAbort);
    socket.once(event, onReady).once('error', settle).once('close', onClose);
    if (signal.aborted) onAbort();
  });
}

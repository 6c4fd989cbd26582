import { createConnection } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where a client's connection may end on the way of one request. */
export const STEPS = [
  'connected',
  'half a head',
  'a whole head',
  'half a body',
  'a whole request',
  'some ms later',
  'the first byte of the answer',
];

/**
 * Sends a request as far as `step` and cuts the connection there.
 * @param {string} apiUrl
 * @param {{ method: string, path: string, headers: Record<string, string>, body: string }} request
 * @param {typeof STEPS[number]} step
 * @param {number} laterMs how long after the whole request `some ms later` is
 */
export async function cutAt(apiUrl, { method, path, headers, body }, step, laterMs) {
  const { hostname, port, host } = new URL(apiUrl);
  const socket = createConnection({ host: hostname, port: Number(port) });
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  const lines = Object.entries({ host, 'content-length': Buffer.byteLength(body), ...headers });
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  const sent = {
    connected: '',
    'half a head': head.slice(0, head.length / 2),
    'a whole head': head,
    'half a body': head + body.slice(0, body.length / 2),
  }[step];
  await new Promise((resolve) => socket.write(sent ?? head + body, resolve));
  if (step === 'some ms later') await sleep(laterMs);
  if (step === 'the first byte of the answer')
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  socket.resetAndDestroy();
}

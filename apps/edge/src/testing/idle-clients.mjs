/**
 * Holds many connections to an edge from a process of its own, since each takes a descriptor on both sides.
 *
 *   fork(this file, [PORT, HOST, COUNT])
 *
 * says { ready: COUNT } once each connection has been answered one request. On { ask: EVERY } every EVERYth asks again;
 * { answered } says how many were answered. Once all are closed by the other side it says { closed: COUNT }.
 */
import { connect } from 'node:net';

const [port, host, count] = process.argv.slice(2);
const wanted = Number(count);
const request = `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
/** Connections that are being made at a time: fewer than any listener's backlog. */
const AT_ONCE = 200;

/** Asks, and resolves once an answer has ended. */
const ask = (socket) =>
  new Promise((resolve, reject) => {
    const onData = (piece) => {
      if (!piece.toString('latin1').endsWith('\r\n\r\nok')) return;
      socket.off('data', onData).off('close', onClose);
      resolve();
    };
    const onClose = () => reject(new Error('the connection was closed without an answer'));
    socket.on('data', onData).once('close', onClose);
    socket.write(request);
  });

const sockets = [];
let closed = 0;

async function open() {
  const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: '127.0.0.2' });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (++closed === wanted) process.send({ closed });
  });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  await ask(socket);
  sockets.push(socket);
}

let started = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (started++ < wanted) await open();
  }),
);
process.send({ ready: sockets.length });

process.on('message', async ({ ask: every }) => {
  const asked = sockets.filter((_, at) => at % every === 0);
  await Promise.all(asked.map(ask));
  process.send({ answered: asked.length });
});
process.on('disconnect', () => process.exit());

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  eventually,
  HOST,
  machineRow,
  onHead,
  RawClient,
  startEdge,
  startRawBackend,
} from '../testing/edge-fixture.js';

const CONNECTIONS = 10_000;
/** Half of what an idle TLS connection may take; plain ones keep no session. */
const MAX_BYTES_EACH = 20 * 1024;

/** Node raises its own limit as far as it may; beyond that only the host can. */
function descriptors(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  return Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1]);
}

test('10,000 idle connections cost little, hold up nobody, and are served again', async () => {
  if (descriptors() < CONNECTIONS + 1000)
    throw new Error(`only ${descriptors()} descriptors may be open here: raise the hard limit (ulimit -Hn)`);
  const backend = await startRawBackend((socket) =>
    onHead(socket, () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')),
  );
  const edge = await startEdge({ limits: { head: 120_000, idle: 600_000 } });
  edge.route(machineRow({ port: backend.port, concurrency: { soft_limit: 1000, hard_limit: 1000 } }));
  const before = process.memoryUsage.rss();

  const program = fileURLToPath(new URL('../testing/idle-clients.mjs', import.meta.url));
  const clients = fork(program, [String(edge.http), HOST, String(CONNECTIONS)], { execArgv: [] });
  const says = async () => (await once(clients, 'message'))[0];
  expect(await says()).toEqual({ ready: CONNECTIONS });
  expect(edge.observer.connections).toBe(CONNECTIONS);
  expect((process.memoryUsage.rss() - before) / CONNECTIONS).toBeLessThan(MAX_BYTES_EACH);

  const stranger = await RawClient.http(edge.http);
  expect(await stranger.get('/').until('ok')).toContain('HTTP/1.1 200 OK');
  stranger.close();
  clients.send({ ask: 100 });
  expect(await says()).toEqual({ answered: CONNECTIONS / 100 });
  expect(edge.observer.records.every(({ status }) => status === 200)).toBe(true);

  const allClosed = says();
  await edge.plane.drain(30_000);
  expect(await allClosed).toEqual({ closed: CONNECTIONS });
  await eventually(() => edge.observer.connections === 0);
  clients.disconnect();
  await edge.close();
  await backend.close();
}, 300_000);

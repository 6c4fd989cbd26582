import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { Failure } from '../lib/failure.mjs';

/** Below the range that the kernel gives to outgoing connections, so that a port kept today is free tomorrow. */
const FREE_FROM = 20_000;
const FREE_TO = 32_000;

const WHAT_LISTENS = {
  API: 'the API',
  EDGE_HTTP: "the edge's HTTP port",
  EDGE_HTTPS: "the edge's HTTPS port",
};

/**
 * A port for each name: the one asked for, else the one used last time, else any free one. What was found is kept in `file`.
 * @param {Record<string, number | null>} wanted
 * @throws {Failure} naming what wanted a port that is taken
 */
export async function choosePorts(wanted, file) {
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const chosen = {};
  for (const [name, port] of Object.entries(wanted)) {
    if (port !== null) chosen[name] = await requireFree(name, port, chosen);
  }
  for (const [name, port] of Object.entries(wanted)) {
    if (port === null) chosen[name] = await freePort(kept[name], Object.values(chosen));
  }
  writeFileSync(file, `${JSON.stringify(chosen, null, 2)}\n`, { mode: 0o600 });
  return chosen;
}

async function requireFree(name, port, chosen) {
  const what = WHAT_LISTENS[name] ?? name.toLowerCase().replaceAll('_', ' ');
  const twice = Object.entries(chosen).find(([, other]) => other === port);
  const advice = `Stop what uses it (see: ss -ltnp 'sport = :${port}'), or choose another with BULKHEAD_${name}_PORT.`;
  if (twice)
    throw new Failure(
      `Port ${port} is wanted by ${what} and by ${WHAT_LISTENS[twice[0]] ?? twice[0]}.`,
      advice,
    );
  if (!(await isFree(port))) throw new Failure(`Port ${port}, wanted by ${what}, is taken.`, advice);
  return port;
}

async function freePort(kept, taken) {
  if (kept && !taken.includes(kept) && (await isFree(kept))) return kept;
  for (let attempt = 0; attempt < 1000; attempt++) {
    const port = randomInt(FREE_FROM, FREE_TO);
    if (!taken.includes(port) && (await isFree(port))) return port;
  }
  throw new Failure(`No port between ${FREE_FROM} and ${FREE_TO} is free.`);
}

const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)));
  });

import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure } from '../lib/failure.mjs';

const PORTS = ['API', 'EDGE_HTTP', 'EDGE_HTTPS'];

/**
 * Starts a platform of its own for the end-to-end tests, just as `npm start` does, on free ports and in a directory that goes
 * with it.
 * @param {{ root: string, cache: string, environment?: NodeJS.ProcessEnv }} options `cache`: where kernel, tools and images are kept
 *   between runs; `environment`: settings beside those of where and on which ports
 * @returns {Promise<{ devFile: string, logs: string, stop(keepLogs: boolean): Promise<void> }>}
 */
export async function startInstance({ root, cache, environment = {} }) {
  const data = mkdtempSync(path.join(tmpdir(), 'bulkhead-e2e-'));
  const ports = await Promise.all(
    PORTS.map(async (name) => [`BULKHEAD_${name}_PORT`, String(await freePort())]),
  );
  const child = fork(path.join(root, 'scripts/start.mjs'), [], {
    cwd: root,
    env: {
      ...process.env,
      ...environment,
      ...Object.fromEntries(ports),
      BULKHEAD_DATA: path.join(data, 'data'),
      BULKHEAD_CACHE: cache,
    },
    stdio: ['ignore', process.stderr, 'inherit', 'ipc'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const ready = await Promise.race([
    new Promise((resolve) => child.once('message', () => resolve(true))),
    ended.then(() => false),
  ]);
  const logs = path.join(data, 'data/logs');
  if (!ready) throw new Failure('The platform for the end-to-end tests did not start.', `Its logs: ${logs}`);
  return {
    devFile: path.join(data, 'data/dev.json'),
    logs,
    async stop(keepLogs) {
      child.kill('SIGTERM');
      await ended;
      if (!keepLogs) rmSync(data, { recursive: true, force: true });
    },
  };
}

export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

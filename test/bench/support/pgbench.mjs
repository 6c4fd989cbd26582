import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from '@bulkhead/testing/temporary';
import { findPostgres } from '../../../scripts/setup/host-packages.mjs';
import { run } from '../../../scripts/lib/run.mjs';

/**
 * Runs a script of pgbench's with prepared statements.
 * @param {{ socket: string, database: string, script: string, clients: number, seconds: number }} options
 * @returns {Promise<number>} transactions per second
 */
export async function pgbench({ socket, database, script, clients, seconds }) {
  const directory = temporaryDirectory('pgbench');
  const file = path.join(directory, 'script.sql');
  writeFileSync(file, script);
  try {
    const output = await run(path.join(findPostgres(), 'pgbench'), [
      ...['--host', socket, '--port', '5432', '--username', 'postgres'],
      ...['--no-vacuum', '--protocol', 'prepared', '--client', String(clients), '--jobs', '2'],
      ...['--time', String(seconds), '--file', file, database],
    ]);
    return Number(/^tps = ([\d.]+)/m.exec(output)?.[1]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

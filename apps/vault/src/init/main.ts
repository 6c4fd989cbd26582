import { join } from 'node:path';
import { createLogger, openStorage, readEnvironment } from '@bulkhead/platform';
import { isBulkheadError } from '@bulkhead/contracts';
import { initSettings, masterKeyFileOf, type InitSettings } from '../settings.js';
import { STORAGE } from '../storage/storage.js';
import { initialize } from './initialize.js';

/** `bulkhead init`: run once after Postgres and before nats-server and the vault; running it again is harmless. */
async function main(): Promise<void> {
  const settings = readEnvironment('init', initSettings);
  const storage = await openStorage(STORAGE, settings.BULKHEAD_PG, createLogger('init', 'warn'));
  try {
    const made = await initialize({ database: storage.database, ...planOf(settings) });
    process.stdout.write(made.length > 0 ? made.map((line) => `made ${line}\n`).join('') : 'nothing to do\n');
  } finally {
    await storage.close();
  }
}

function planOf(settings: InitSettings) {
  const directory = settings.BULKHEAD_INIT_DIR;
  const busDirectory = settings.BULKHEAD_NATS_DIR ?? join(directory, 'nats');
  return {
    directory,
    masterKeyFile: masterKeyFileOf(settings),
    joining: settings.BULKHEAD_INIT_JOIN,
    postgresNames: { dns: settings.BULKHEAD_POSTGRES_HOSTNAMES, ips: settings.BULKHEAD_POSTGRES_ADDRESSES },
    bus: {
      directory: busDirectory,
      storeDirectory: settings.BULKHEAD_NATS_STORE ?? join(busDirectory, 'jetstream'),
      address: settings.BULKHEAD_NATS_ADDRESS,
      port: settings.BULKHEAD_NATS_PORT,
      hostNames: settings.BULKHEAD_NATS_HOSTNAMES,
    },
    now: () => new Date(),
  };
}

try {
  await main();
} catch (error) {
  const text = isBulkheadError(error)
    ? `${error.message} (${error.code})`
    : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`init failed: ${text}\n`);
  process.exitCode = 1;
}

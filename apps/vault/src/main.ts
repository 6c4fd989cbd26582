import 'reflect-metadata';
import { refusalKeeper, systemClock } from '@bulkhead/journal';
import { bootService, openStorage, selfOf, waitFor, type ServiceRuntime } from '@bulkhead/platform';
import { NestFactory } from '@nestjs/core';
import { openOwnIdentity } from './authority/own-identity.js';
import type { BusSide } from './commands/bus-side.js';
import { readMasterKeyFile } from './keys/master-key.js';
import type { VaultListener } from './listener/listener.js';
import { routesOf } from './listener/routes.js';
import { lifetimesOf, masterKeyFileOf, vaultSettings, type VaultSettings } from './settings.js';
import { STORAGE } from './storage/storage.js';
import { BUS_SIDE, LISTENER, VaultModule } from './vault.module.js';
import { openVault } from './vault.js';

await bootService('vault', vaultSettings, start);

/** Needs its master key and Postgres, and nothing else. */
async function start(runtime: ServiceRuntime<VaultSettings>): Promise<void> {
  const { settings, logger, health, stopping, onStop } = runtime;
  const master = await readMasterKeyFile(masterKeyFileOf(settings));
  const open = () => openStorage(STORAGE, settings.BULKHEAD_PG, logger);
  const storage = await waitFor('Postgres', open, logger, { signal: stopping });
  onStop('storage', () => storage.close());

  let wake = () => {};
  const { database } = storage;
  const lifetimes = lifetimesOf(settings);
  const vault = await openVault({ database, master, lifetimes, committed: () => wake() });
  const report = (error: unknown) => logger.warn({ err: error }, 'old refusals');
  void refusalKeeper(vault.journal, systemClock, report).run(stopping);
  const identity = await openOwnIdentity(vault);
  onStop('identity', () => identity.close());
  identity.events.on('renewal-failed', (error) => logger.error({ err: error }, 'its own renewal failed'));

  const { BULKHEAD_VAULT_ADDRESS: address, BULKHEAD_VAULT_PORT: port, BULKHEAD_NATS_URL: url } = settings;
  const module = VaultModule.of(
    { vault, database, identity, url, logger, self: selfOf(identity, health) },
    { address, port, identity, routes: routesOf(vault), logger },
  );
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  onStop('doors', () => app.close());
  const busSide = app.get<BusSide>(BUS_SIDE);
  wake = () => busSide.wake();
  health.add('bus', () => busSide.problem());
  logger.info({ port: app.get<VaultListener>(LISTENER).port }, 'listening for enrolment');
}

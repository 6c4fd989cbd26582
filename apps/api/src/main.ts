import 'reflect-metadata';
import { natsStreams, systemClock } from '@bulkhead/journal';
import { sourcePolicyOf } from '@bulkhead/images';
import {
  bootService,
  joinPlatform,
  openStorage,
  selfOf,
  waitFor,
  type ServiceRuntime,
} from '@bulkhead/platform';
import type { Touched } from '@bulkhead/contracts';
import type { Api } from './api.js';
import { bootstrap } from './bootstrap.js';
import { serveOnBus } from './bus/serve-on-bus.js';
import { createServer } from './http/server.js';
import { HASTY, RegistryImages } from './images/registry-images.js';
import { jetStreamLogReader } from './logs/jetstream-log-reader.js';
import { ensureLogStream, keepLogStream } from './logs/log-stream.js';
import { FRESH_WITHIN_MS } from './read-model/freshness.js';
import { STORAGE } from './read-model/storage.js';
import { registryVault } from './registries/registry-vault.js';
import { openService } from './service.js';
import { apiEnvironment, type ApiEnvironment } from './settings.js';

await bootService('api', apiEnvironment, start);

type Runtime = ServiceRuntime<ApiEnvironment>;

async function start(runtime: Runtime): Promise<void> {
  const { settings, logger, health, onStop, stopping } = runtime;
  const open = () => openStorage(STORAGE, settings.BULKHEAD_PG, logger);
  const storage = await waitFor('Postgres', open, logger, { signal: stopping });
  onStop('storage', () => storage.close());
  const member = await joinPlatform('api', runtime);
  const jetStream = member.connection.jetstream();
  const manager = await waitFor('JetStream', () => member.connection.jetstreamManager(), logger, {
    signal: stopping,
  });
  await waitFor('the log stream', () => ensureLogStream(manager), logger, { signal: stopping });
  const kept = keepLogStream(manager, (error) => logger.warn({ err: error }, 'the log stream'));
  onStop('log stream', () => kept.close());

  const vault = registryVault(settings.BULKHEAD_VAULT_URL, member.identity.tls);
  const service = openService({
    ...storage,
    bus: member.bus,
    commands: member.commands,
    streams: await natsStreams(member.connection, member.identity.caller),
    dataKeys: member.dataKeys,
    images: new RegistryImages({
      sources: { ...sourcePolicyOf(settings), ...HASTY },
      clock: systemClock,
      credential: (organization, registry) => vault.credential(organization, registry),
    }),
    registryVault: vault,
    logs: jetStreamLogReader(jetStream, manager),
    logger,
    settings: {
      securityContact: settings.BULKHEAD_SECURITY_CONTACT,
      publicUrl:
        settings.BULKHEAD_API_URL ?? `http://${settings.BULKHEAD_API_ADDRESS}:${settings.BULKHEAD_API_PORT}`,
      appsDomain: settings.BULKHEAD_EDGE_DOMAIN,
    },
  });
  onStop('projections and relay', () => service.close());
  const commands = serveOnBus(member.bus, service.upkept(selfOf(member.identity, health)), logger);
  onStop('commands', () => commands.close());

  const begin = () =>
    bootstrap(
      { journal: service.journal, database: storage.database, now: systemClock.now() },
      settings.BULKHEAD_ADMIN_TOKEN_SHA256,
    );
  const begun = await waitFor('the vault to begin with', begin, logger, { signal: stopping });
  await waitFor('the read models', () => readable(service.api, begun), logger, { signal: stopping });

  const server = await createServer(service.api, logger);
  onStop('HTTP', () => server.close());
  await server.listen(settings.BULKHEAD_API_PORT, settings.BULKHEAD_API_ADDRESS);
  health.add('projections', () => service.problem());
  logger.info({ address: await server.getUrl() }, 'listening');
}

/** A server that knows no token would turn everybody away. */
async function readable({ freshness }: Api, begun: readonly Touched[]): Promise<void> {
  if (!(await freshness.seen('api', begun, FRESH_WITHIN_MS))) throw new Error('they are behind the journal');
}

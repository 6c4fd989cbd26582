import 'reflect-metadata';
import { natsStreams, postgresStores } from '@bulkhead/journal';
import {
  bootService,
  joinPlatform,
  openStorage,
  selfOf,
  waitFor,
  type ServiceRuntime,
} from '@bulkhead/platform';
import { NestFactory } from '@nestjs/core';
import { watchBus } from './bus-watch.js';
import { directoryOf } from './directory/directory.js';
import { SCHEMA } from './scheduler.js';
import { SchedulerModule, SERVICE } from './scheduler.module.js';
import type { SchedulerService } from './service.js';
import { schedulerEnvironment, type SchedulerEnvironment } from './settings.js';
import { STORAGE } from './storage/storage.js';

await bootService('scheduler', schedulerEnvironment, start);

type Runtime = ServiceRuntime<SchedulerEnvironment>;

async function start(runtime: Runtime): Promise<void> {
  const { settings, logger, health, onStop, stopping } = runtime;
  const open = () => openStorage(STORAGE, settings.BULKHEAD_PG, logger);
  const storage = await waitFor('Postgres', open, logger, { signal: stopping });
  onStop('storage', () => storage.close());
  const member = await joinPlatform('scheduler', runtime);
  const streams = await waitFor(
    'JetStream',
    () => natsStreams(member.connection, member.identity.caller),
    logger,
    {
      signal: stopping,
    },
  );
  const module = SchedulerModule.of({
    database: storage.database,
    stores: postgresStores(storage.database, SCHEMA),
    directory: directoryOf(storage.source),
    bus: member.bus,
    streams,
    dataKeys: member.dataKeys,
    logger,
    self: selfOf(member.identity, health),
    isBusUp: watchBus(member.connection),
    hostLostAfterMs: settings.BULKHEAD_HOST_LOST_AFTER * 1000,
  });
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  onStop('commands and loops', () => app.close());
  const service = app.get<SchedulerService>(SERVICE);
  health.add('projections', () => service.problem());
}

import 'reflect-metadata';
import { migrateJournal, natsStreams, postgresDatabase } from '@bulkhead/journal';
import {
  bootService,
  dataSource,
  joinPlatform,
  migrate,
  openPool,
  waitFor,
  type ServiceRuntime,
} from '@bulkhead/platform';
import { NestFactory } from '@nestjs/core';
import { watchBus } from './bus-watch.js';
import { SCHEMA } from './scheduler.js';
import { SchedulerModule, SERVICE } from './scheduler.module.js';
import type { SchedulerService } from './service.js';
import { schedulerEnvironment, type SchedulerEnvironment } from './settings.js';
import { ENTITIES } from './storage/entities.js';
import { MIGRATIONS } from './storage/migrations.js';

await bootService('scheduler', schedulerEnvironment, start);

type Runtime = ServiceRuntime<SchedulerEnvironment>;

async function start(runtime: Runtime): Promise<void> {
  const { settings, logger, health, onStop, stopping } = runtime;
  const storage = await openStorage(runtime);
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
    ...storage,
    bus: member.bus,
    streams,
    dataKeys: member.dataKeys,
    logger,
    isBusUp: watchBus(member.connection),
    hostLostAfterMs: settings.BULKHEAD_HOST_LOST_AFTER * 1000,
  });
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  onStop('commands and loops', () => app.close());
  const service = app.get<SchedulerService>(SERVICE);
  health.add('projections', () => service.problem());
}

/** Tables brought up to date, and the two ways to them. */
async function openStorage({ settings, logger, onStop, stopping }: Runtime) {
  const place = { url: settings.BULKHEAD_PG, schema: SCHEMA, applicationName: 'bulkhead-scheduler' };
  const pool = openPool({ ...place, connections: 20 }, logger);
  onStop('database', () => pool.end());
  const database = postgresDatabase(pool);
  const ready = () => migrateJournal(database, { service: 'scheduler', schema: SCHEMA });
  await waitFor('Postgres', ready, logger, { signal: stopping });
  const source = dataSource(place, { entities: ENTITIES, migrations: [...MIGRATIONS] });
  await source.initialize();
  onStop('reads', () => source.destroy());
  await migrate(source);
  return { database, source };
}

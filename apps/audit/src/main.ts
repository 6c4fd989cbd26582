import 'reflect-metadata';
import { bootService, joinPlatform, memberEnvironment, openStorage, waitFor } from '@bulkhead/platform';
import { NestFactory } from '@nestjs/core';
import { z } from 'zod';
import { AuditModule } from './audit.module.js';
import { TransparencyLog1764000000000 } from './log/log-schema.js';

const auditEnvironment = memberEnvironment.extend({
  /** Connection URL of the role bulkhead_audit. */
  BULKHEAD_PG: z.string().min(1),
});

await bootService('audit', auditEnvironment, async (runtime) => {
  const { settings, logger, stopping, onStop } = runtime;
  const open = () => openStorage('audit', settings.BULKHEAD_PG, [TransparencyLog1764000000000], logger);
  const storage = await waitFor('Postgres', open, logger, { signal: stopping });
  onStop('storage', () => storage.close());
  const member = await joinPlatform('audit', runtime);
  const module = AuditModule.of({ database: storage.database, member, logger });
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  onStop('log', () => app.close());
});

import 'reflect-metadata';
import {
  bootService,
  joinPlatform,
  memberEnvironment,
  openStorage,
  selfOf,
  waitFor,
} from '@bulkhead/platform';
import { NestFactory } from '@nestjs/core';
import { z } from 'zod';
import { AuditModule } from './audit.module.js';
import { STORAGE } from './log/storage.js';
import { witnessUrls } from './witnesses/witness-urls.js';

const auditEnvironment = memberEnvironment.extend({
  /** Connection URL of the role bulkhead_audit. */
  BULKHEAD_PG: z.string().min(1),
  /** Whom the log's heads are brought to. */
  BULKHEAD_AUDIT_WITNESSES: witnessUrls,
});

await bootService('audit', auditEnvironment, async (runtime) => {
  const { settings, logger, health, stopping, onStop } = runtime;
  const open = () => openStorage(STORAGE, settings.BULKHEAD_PG, logger);
  const storage = await waitFor('Postgres', open, logger, { signal: stopping });
  onStop('storage', () => storage.close());
  const member = await joinPlatform('audit', runtime);
  const witnesses = settings.BULKHEAD_AUDIT_WITNESSES;
  const self = selfOf(member.identity, health);
  const module = AuditModule.of({ database: storage.database, member, self, logger, witnesses });
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  onStop('log', () => app.close());
});

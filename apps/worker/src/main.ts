import 'reflect-metadata';
import { bootService, joinPlatform } from '@bulkhead/platform';
import { NestFactory } from '@nestjs/core';
import { openRuntime } from './runtime/open-runtime.js';
import { workerEnvironment } from './settings.js';
import { WorkerModule } from './worker.module.js';

await bootService('worker', workerEnvironment, async (runtime) => {
  const { settings, logger, onStop } = runtime;
  const member = await joinPlatform('worker', runtime);
  const module = WorkerModule.of({
    settings,
    member,
    logger,
    runtime: (observer) => openRuntime(settings, logger, observer),
  });
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  onStop('machines', () => app.close());
});

import 'reflect-metadata';
import { bootService, joinPlatform } from '@bulkhead/platform';
import { NestFactory } from '@nestjs/core';
import { openRuntime } from './runtime/open-runtime.js';
import { workerEnvironment } from './settings.js';
import { WorkerModule } from './worker.module.js';
import { Worker } from './worker.js';

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
  process.once('SIGUSR2', () => void endWithMachines(app.get(Worker)));
});

/** SIGUSR2 takes the host's machines down with the worker; SIGTERM, before or meanwhile, leaves them as they are. */
async function endWithMachines(worker: Worker): Promise<void> {
  await worker.endMachines();
  process.kill(process.pid, 'SIGTERM');
}

import { Inject, Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Worker, type WorkerOptions } from './worker.js';

const WORKER = Symbol('worker');

@Injectable()
class Closing implements OnApplicationShutdown {
  constructor(@Inject(WORKER) private readonly worker: Worker) {}

  onApplicationShutdown(): Promise<void> {
    return this.worker.stop();
  }
}

@Module({})
export class WorkerModule {
  static of(options: WorkerOptions): DynamicModule {
    return {
      module: WorkerModule,
      providers: [{ provide: WORKER, useFactory: () => Worker.start(options) }, Closing],
    };
  }
}

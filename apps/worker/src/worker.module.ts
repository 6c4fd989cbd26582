import { Inject, Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Worker, type WorkerOptions } from './worker.js';

@Injectable()
class Closing implements OnApplicationShutdown {
  constructor(@Inject(Worker) private readonly worker: Worker) {}

  onApplicationShutdown(): Promise<void> {
    return this.worker.stop();
  }
}

@Module({})
export class WorkerModule {
  static of(options: WorkerOptions): DynamicModule {
    return {
      module: WorkerModule,
      providers: [{ provide: Worker, useFactory: () => Worker.start(options) }, Closing],
    };
  }
}

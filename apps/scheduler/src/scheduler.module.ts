import { Inject, Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { openService, type Foundations, type SchedulerService } from './service.js';

export const SERVICE = Symbol('the running scheduler');

@Injectable()
class Closing implements OnApplicationShutdown {
  constructor(@Inject(SERVICE) private readonly service: SchedulerService) {}

  onApplicationShutdown(): Promise<void> {
    return this.service.close();
  }
}

@Module({})
export class SchedulerModule {
  static of(foundations: Foundations): DynamicModule {
    return {
      module: SchedulerModule,
      providers: [{ provide: SERVICE, useFactory: () => openService(foundations) }, Closing],
      exports: [SERVICE],
    };
  }
}

import { Inject, Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Audit, type AuditOptions } from './audit.js';

const AUDIT = Symbol('audit');

@Injectable()
class Closing implements OnApplicationShutdown {
  constructor(@Inject(AUDIT) private readonly audit: Audit) {}

  onApplicationShutdown(): Promise<void> {
    return this.audit.stop();
  }
}

@Module({})
export class AuditModule {
  static of(options: AuditOptions): DynamicModule {
    const useFactory = async () => {
      const audit = new Audit(options);
      await audit.start();
      return audit;
    };
    return { module: AuditModule, providers: [{ provide: AUDIT, useFactory }, Closing] };
  }
}

import { Module, type DynamicModule } from '@nestjs/common';
import { API, type Api } from './api.js';
import { OPERATIONS } from './operations/all.js';
import { restController } from './operations/rest-controller.js';

/** Every operation as a controller of its own. */
@Module({})
export class ApiModule {
  static of(api: Api): DynamicModule {
    return {
      module: ApiModule,
      controllers: OPERATIONS.map(restController),
      providers: [{ provide: API, useValue: api }],
    };
  }
}

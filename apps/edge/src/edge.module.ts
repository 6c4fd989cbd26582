import { Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from '@bulkhead/platform/logging';
import { Edge, LOGGER, SETTINGS, type EdgeSettings } from './control/edge.js';
import { ROUTE_SOURCE, type RouteSource } from './control/route-source.js';

@Module({})
export class EdgeModule {
  static with(settings: EdgeSettings, logger: Logger, source: RouteSource): DynamicModule {
    return {
      module: EdgeModule,
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: LOGGER, useValue: logger },
        { provide: ROUTE_SOURCE, useValue: source },
        Edge,
      ],
    };
  }
}

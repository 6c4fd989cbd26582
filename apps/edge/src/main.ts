import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { bootService, type ServiceRuntime } from '@bulkhead/platform';
import { edgeEnvironment, type EdgeEnvironment } from './config.js';
import { Edge } from './control/edge.js';
import { FileRouteSource } from './control/file-route-source.js';
import { MemoryRouteSource, type RouteSource } from './control/route-source.js';
import { EdgeModule } from './edge.module.js';

/** The one place where the source of routes is chosen. Without any, the edge serves from its own copy. */
const chooseRouteSource = ({ settings, logger }: ServiceRuntime<EdgeEnvironment>): RouteSource =>
  settings.BULKHEAD_EDGE_ROUTES_FILE
    ? new FileRouteSource(settings.BULKHEAD_EDGE_ROUTES_FILE, logger)
    : new MemoryRouteSource();

await bootService('edge', edgeEnvironment, async (runtime) => {
  const module = EdgeModule.with(runtime.settings, runtime.logger, chooseRouteSource(runtime));
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  runtime.onStop('data plane', () => app.close());
  const edge = app.get(Edge);
  runtime.addMetrics(() => edge.metricsText());
});

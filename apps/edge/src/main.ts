import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import {
  bootService,
  joinPlatform,
  memberEnvironment,
  readEnvironment,
  type Member,
  type ServiceRuntime,
} from '@bulkhead/platform';
import { edgeEnvironment, type EdgeEnvironment } from './config.js';
import { Edge } from './control/edge.js';
import { FeedRouteSource } from './control/feed-route-source.js';
import { FileRouteSource } from './control/file-route-source.js';
import type { RouteSource } from './control/route-source.js';
import { EdgeModule } from './edge.module.js';

type Runtime = ServiceRuntime<EdgeEnvironment>;

await bootService('edge', edgeEnvironment, async (runtime) => {
  const { settings, logger } = runtime;
  const source = chooseRouteSource(runtime, (member) => proveItself(member, app.get(Edge)));
  const module = EdgeModule.with(settings, logger, source);
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  runtime.onStop('data plane', () => app.close());
  runtime.addMetrics(() => app.get(Edge).metricsText());
});

/** The one place where the source of routes is chosen: a file for debugging without a platform, else the scheduler's feed. */
function chooseRouteSource(runtime: Runtime, joined: (member: Member) => void): RouteSource {
  const { settings, logger } = runtime;
  if (settings.BULKHEAD_EDGE_ROUTES_FILE)
    return new FileRouteSource(settings.BULKHEAD_EDGE_ROUTES_FILE, logger);
  const membership = readEnvironment('edge', memberEnvironment);
  const join = async () => {
    const member = await joinPlatform('edge', { ...runtime, settings: { ...settings, ...membership } });
    joined(member);
    return member;
  };
  return new FeedRouteSource(join, logger);
}

/** Shows the edge's certificate, and each renewed one, to workers of other hosts. */
function proveItself({ identity }: Member, edge: Edge): void {
  const show = () =>
    edge.useIdentity({
      certificate: identity.tls.cert,
      privateKey: identity.tls.key,
      authorities: identity.tls.ca,
    });
  show();
  identity.onRenew(show);
}

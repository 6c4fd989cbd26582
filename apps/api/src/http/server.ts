import { newId } from '@bulkhead/contracts';
import type { Logger } from '@bulkhead/platform';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Api } from '../api.js';
import { ApiModule } from '../api.module.js';
import { serveGraphql } from '../graphql/serve-graphql.js';
import { FailureFilter } from './failure-filter.js';
import { followRequests } from './follow-requests.js';
import { acceptJsonBodies, MAX_BODY_BYTES } from './json-body.js';
import { BUDGET, callerKey, RateLimit } from './rate-limit.js';
import { answerClientError, answerFrameworkError } from './raw-failures.js';

/** How long a client may take to send a request, in ms. */
const REQUEST_WITHIN_MS = 30_000;

/** The whole HTTP side: REST, GraphQL and subscriptions, on one origin. Not listening yet. */
export async function createServer(api: Api, logger: Logger): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    logger: false,
    genReqId: newId,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_WITHIN_MS,
    keepAliveTimeout: 65_000,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: true,
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
  });
  const server: FastifyInstance = adapter.getInstance();
  acceptJsonBodies(server);
  followRequests(server, logger);
  guardAll(server, api);
  await serveGraphql(server, api, logger);
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.of(api), adapter, {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new FailureFilter(logger));
  await app.init();
  await server.ready();
  return app;
}

/** What holds for every request: a budget before any work, an id to ask about, and no guessing of types or keeping of answers. */
function guardAll(server: FastifyInstance, api: Api): void {
  const limit = new RateLimit(BUDGET);
  server.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'fly-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    limit.take(callerKey(request.headers.authorization, request.ip), api.clock.now().getTime());
  });
}

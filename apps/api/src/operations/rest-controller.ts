import { Controller, Inject, Req, RequestMapping, RequestMethod, Res, type Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { API, type Api } from '../api.js';
import type { Method, Operation } from './operation.js';
import { perform, type RawRequest } from './perform.js';
import { factsOf } from './request-facts.js';

const METHODS: Readonly<Record<Method, RequestMethod>> = {
  GET: RequestMethod.GET,
  POST: RequestMethod.POST,
  PUT: RequestMethod.PUT,
  PATCH: RequestMethod.PATCH,
  DELETE: RequestMethod.DELETE,
};

/**
 * The Nest controller of one operation.
 * @throws Error where the operation states no access: such a service does not start.
 */
export function restController(operation: Operation): Type {
  if (!operation.access?.on) throw new Error(`operation ${operation.name} states no required access`);

  class OperationController {
    constructor(readonly api: Api) {}

    async handle(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const answer = await perform(this.api, operation, rawRequest(request, reply));
      await reply.code(answer.status).headers(answer.headers).send(answer.body);
    }
  }

  const { prototype } = OperationController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'handle') ?? {};
  Inject(API)(OperationController, undefined, 0);
  Req()(prototype, 'handle', 0);
  Res()(prototype, 'handle', 1);
  RequestMapping({ method: METHODS[operation.method], path: operation.path })(
    prototype,
    'handle',
    descriptor,
  );
  Controller()(OperationController);
  Object.defineProperty(OperationController, 'name', { value: operation.name });
  return OperationController;
}

/** The parts of a request that an operation may see. */
const rawRequest = (request: FastifyRequest, reply: FastifyReply): RawRequest => ({
  ...factsOf(request, (close) => reply.raw.once('close', close)),
  params: request.params,
  query: request.query,
  body: request.body,
});

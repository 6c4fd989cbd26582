import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Logger } from '@bulkhead/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { failureOf } from '../operations/failure.js';

/** Answers every error in one form, whoever raised it, and tells the log what is not the client's to know. */
@Catch()
export class FailureFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const failure = failureOf(error, request.id);
    if (failure.log !== undefined)
      this.logger.warn(
        {
          requestId: request.id,
          code: failure.body.code,
          ...(failure.log instanceof Error ? { err: failure.log } : { problem: failure.log }),
        },
        `${request.method} ${request.routeOptions.url ?? '(no route)'} failed`,
      );
    if (reply.sent) return;
    await reply.code(failure.status).headers(failure.headers).send(failure.body);
  }
}

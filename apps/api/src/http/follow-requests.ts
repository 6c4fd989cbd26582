import { beginSpan } from '@bulkhead/journal';
import type { Logger } from '@bulkhead/platform';
import { context, metrics, SpanKind, SpanStatusCode, type Context, type Span } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

interface Followed {
  readonly span: Span;
  readonly within: Context;
}

/**
 * Gives each request its span: the next of the client's trace where it names one (W3C Trace Context), else the first of a new one.
 * What the request leads to, in the journal and at other services, belongs to that trace, whose id is in the answer and in the log.
 */
export function followRequests(server: FastifyInstance, logger: Logger): void {
  const followed = new WeakMap<FastifyRequest, Followed>();
  const measure = requestMeter();

  server.addHook('onRequest', (request, reply, done) => {
    const began = performance.now();
    const { traceparent } = request.headers;
    const headers = typeof traceparent === 'string' ? { traceparent } : {};
    const { span, within } = beginSpan(operationOf(request), SpanKind.SERVER, headers);
    followed.set(request, { span, within });
    void reply.header('fly-trace-id', span.spanContext().traceId);
    reply.raw.once('close', () => {
      const seconds = (performance.now() - began) / 1_000;
      const status = statusOf(reply);
      measure(request, status, seconds);
      context.with(within, () =>
        logger.info({ requestId: request.id, operation: operationOf(request), status, seconds }, 'request'),
      );
      span.setAttributes({ 'http.response.status_code': status, 'fly.request_id': request.id });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    context.with(within, done);
  });
  // The body arrived in the context of the connection, which knows of no request.
  server.addHook('preValidation', (request, _reply, done) => {
    context.with(followed.get(request)?.within ?? context.active(), done);
  });
}

/** The route, not the path: there are only so many. */
const operationOf = ({ method, routeOptions: { url } }: FastifyRequest): string =>
  url === undefined ? '(no route)' : `${method} ${url}`;

/** 101 for a connection that became a WebSocket; nginx's own 499 for a client that went away before its answer. */
function statusOf({ raw, sent, statusCode }: FastifyReply): number {
  if (raw.writableFinished) return statusCode;
  return sent && !raw.headersSent ? 101 : 499;
}

function requestMeter() {
  const seconds = metrics.getMeter('bulkhead').createHistogram('bulkhead_api_request_seconds', {
    description: 'From a request to the end of its answer.',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60] },
  });
  return (request: FastifyRequest, status: number, value: number): void =>
    seconds.record(value, { operation: operationOf(request), status });
}

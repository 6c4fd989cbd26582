import { createHash } from 'node:crypto';
import {
  context,
  isSpanContextValid,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { Headers } from '../ports/bus.js';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The current span as W3C Trace Context (level 1, `traceparent`), for a message's headers. */
export function traceHeaders(): Headers {
  const span = trace.getSpanContext(context.active());
  if (!span || !isSpanContextValid(span)) return {};
  return {
    traceparent: `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`,
  };
}

/** The current trace's id, to be kept in envelopes. */
export function currentTrace(): string | undefined {
  const span = trace.getSpanContext(context.active());
  return span && isSpanContextValid(span) ? span.traceId : undefined;
}

/**
 * A `traceparent` for what goes on with a trace of which only the id was kept. The span that kept it is gone; its place is taken by
 * one derived from the trace.
 */
export const traceparentOf = (traceId: string): string =>
  `00-${traceId}-${createHash('sha256').update(traceId).digest('hex').slice(0, 16)}-01`;

/** A trace's id as headers for `inSpan`; empty without one. */
export const followTrace = (traceId: string | undefined): Headers =>
  traceId === undefined ? {} : { traceparent: traceparentOf(traceId) };

/** A span following the one in a message's headers, and the context for what belongs to it. The caller ends it. */
export function beginSpan(
  name: string,
  kind: SpanKind,
  headers: Headers,
): { readonly span: Span; readonly within: Context } {
  const parent = remoteContext(headers);
  const span = trace.getTracer('bulkhead').startSpan(name, { kind }, parent);
  return { span, within: trace.setSpan(parent, span) };
}

function remoteContext(headers: Headers): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(headers['traceparent'] ?? '') ?? [];
  if (!traceId || !spanId || !flags) return context.active();
  const traceFlags = parseInt(flags, 16) & TraceFlags.SAMPLED;
  const span = { traceId, spanId, traceFlags, isRemote: true };
  return isSpanContextValid(span) ? trace.setSpanContext(context.active(), span) : context.active();
}

/** Runs `work` in a span of its own, following the one in a message's headers. */
export function inSpan<T>(
  name: string,
  kind: SpanKind,
  headers: Headers,
  work: () => Promise<T>,
): Promise<T> {
  return trace.getTracer('bulkhead').startActiveSpan(name, { kind }, remoteContext(headers), async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
      throw error;
    } finally {
      span.end();
    }
  });
}

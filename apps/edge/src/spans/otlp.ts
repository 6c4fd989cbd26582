import type { RequestSpan } from './request-span.js';

const SERVER = 2;
const ERROR = 2;
const UNSET = 0;

/** Spans as the body of an OTLP/HTTP request in JSON (OTLP 1.x, `ExportTraceServiceRequest`). */
export const otlpRequest = (spans: readonly RequestSpan[]): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [text('service.name', 'bulkhead-edge')] },
        scopeSpans: [{ scope: { name: 'bulkhead' }, spans: spans.map(otlpSpan) }],
      },
    ],
  });

const otlpSpan = ({ traceId, spanId, parentSpanId, startedAt, endedAt, ...request }: RequestSpan) => ({
  traceId,
  spanId,
  ...(parentSpanId === undefined ? {} : { parentSpanId }),
  name: `${request.method} ${request.app}`,
  kind: SERVER,
  startTimeUnixNano: nanoseconds(startedAt),
  endTimeUnixNano: nanoseconds(endedAt),
  attributes: [
    text('http.request.method', request.method),
    { key: 'http.response.status_code', value: { intValue: request.status } },
    text('bulkhead.request_id', request.requestId),
    text('bulkhead.app', request.app),
    ...(request.machine === undefined ? [] : [text('bulkhead.machine', request.machine)]),
    ...(request.fault === undefined ? [] : [text('error.type', request.fault)]),
  ],
  status: { code: request.fault !== undefined || request.status >= 500 ? ERROR : UNSET },
});

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });

/** Milliseconds as the decimal string that 64-bit integers are in OTLP's JSON. */
const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n);

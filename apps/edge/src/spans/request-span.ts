import type { RequestRecord } from '../server/observer.js';

/** A request as a server span: plain data, as it crosses from a thread. Paths, addresses and fields stay out: they can hold secrets. */
export interface RequestSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** Wall-clock time, in ms. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly requestId: string;
  readonly app: string;
  readonly machine: string | undefined;
  readonly method: string;
  readonly status: number;
  readonly fault: string | undefined;
}

/** @param endedAt wall-clock time, in ms */
export function spanOf({ trace, seconds, ...record }: RequestRecord, endedAt: number): RequestSpan {
  const { traceId, spanId, parentSpanId } = trace;
  const { requestId, app, machine, method, status, fault } = record;
  const startedAt = endedAt - seconds * 1000;
  return {
    traceId,
    spanId,
    parentSpanId,
    startedAt,
    endedAt,
    requestId,
    app,
    machine,
    method,
    status,
    fault,
  };
}

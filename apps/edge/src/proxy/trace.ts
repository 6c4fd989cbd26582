import { randomHex } from './random.js';

export interface TraceContext {
  readonly traceId: string;
  /** What the backend is told: this edge's own span as parent. */
  readonly traceparent: string;
  /** Whether the client's trace goes on; its tracestate may then be passed on too. */
  readonly isJoined: boolean;
}

/** Joins the trace a client names (W3C Trace Context, version 00), or starts one. */
export function traceContext(traceparent: string | undefined): TraceContext {
  const span = randomHex(8);
  const sent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  if (sent)
    return { traceId: sent.traceId, traceparent: `00-${sent.traceId}-${span}-${sent.flags}`, isJoined: true };
  const traceId = randomHex(16);
  return { traceId, traceparent: `00-${traceId}-${span}-01`, isJoined: false };
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function parseTraceparent(value: string): { traceId: string; flags: string } | undefined {
  const [, traceId, parent, flags] = value.length === 55 ? (TRACEPARENT.exec(value) ?? []) : [];
  if (traceId === undefined || parent === undefined || flags === undefined) return undefined;
  return /[1-9a-f]/.test(traceId) && /[1-9a-f]/.test(parent) ? { traceId, flags } : undefined;
}

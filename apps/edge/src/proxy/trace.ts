import { randomBytes } from 'node:crypto';
import { monotonicFactory } from 'ulid';

const nextUlid = monotonicFactory();

/** Unique without coordination, sortable by time; the region says which edge to ask. */
export const newRequestId = (region: string): string => `${nextUlid()}-${region}`;

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

const POOL_SIZE = 4096;
let pool = '';
let used = 0;

/** Random bytes are drawn in bulk: a system call per request would cost more than the request's parsing. */
function randomHex(bytes: number): string {
  if (used + bytes * 2 > pool.length) {
    pool = randomBytes(POOL_SIZE).toString('hex');
    used = 0;
  }
  return pool.slice(used, (used += bytes * 2));
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function parseTraceparent(value: string): { traceId: string; flags: string } | undefined {
  const [, traceId, parent, flags] = value.length === 55 ? (TRACEPARENT.exec(value) ?? []) : [];
  if (traceId === undefined || parent === undefined || flags === undefined) return undefined;
  return /[1-9a-f]/.test(traceId) && /[1-9a-f]/.test(parent) ? { traceId, flags } : undefined;
}

import { randomHex } from './random.js';

/** A request's place in a trace; the edge's own span is what its backend is told as parent. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly flags: string;
  /** Whether the client's trace goes on; its tracestate may then be passed on too. */
  readonly isJoined: boolean;
  /** Whether the edge exports its span. */
  readonly isRecorded: boolean;
}

/**
 * Which spans the edge records. The sampled flag of a configured proxy decides for its requests; everybody else's are drawn, so that
 * no stranger can make the edge record. What a backend is told is the client's own flag: its tracing is its own affair.
 */
export interface SpanSampling {
  /** Of the requests that no configured proxy has decided about, the share that is recorded, 0 to 1. */
  readonly ratio: number;
}

/**
 * Joins the trace a client names (W3C Trace Context, version 00), or starts one.
 *
 * @param sampling undefined where no spans are exported
 */
export function traceContext(
  traceparent: string | undefined,
  isPeerTrusted: boolean,
  sampling: SpanSampling | undefined,
): TraceContext {
  const spanId = randomHex(8);
  const sent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  const isDecided = isPeerTrusted && sent !== undefined;
  return {
    traceId: sent?.traceId ?? randomHex(16),
    spanId,
    parentSpanId: sent?.parent,
    flags: sent?.flags ?? SAMPLED,
    isJoined: sent !== undefined,
    isRecorded:
      sampling !== undefined && (isDecided ? isSampled(sent.flags) : isDrawn(spanId, sampling.ratio)),
  };
}

export const traceparentOf = ({ traceId, spanId, flags }: TraceContext): string =>
  `00-${traceId}-${spanId}-${flags}`;

const SAMPLED = '01';
const isSampled = (flags: string): boolean => (parseInt(flags, 16) & 1) === 1;

/** By the edge's own random bits: a stranger can choose a trace's id. */
const isDrawn = (spanId: string, ratio: number): boolean =>
  parseInt(spanId.slice(0, 8), 16) < ratio * 2 ** 32;

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function parseTraceparent(
  value: string,
): { readonly traceId: string; readonly parent: string; readonly flags: string } | undefined {
  const [, traceId, parent, flags] = value.length === 55 ? (TRACEPARENT.exec(value) ?? []) : [];
  if (traceId === undefined || parent === undefined || flags === undefined) return undefined;
  return /[1-9a-f]/.test(traceId) && /[1-9a-f]/.test(parent) ? { traceId, parent, flags } : undefined;
}

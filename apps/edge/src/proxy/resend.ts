import type { RequestHead } from '../http1/request-head.js';

/** Methods that ask for no change (RFC 9110 §9.2.1) and that this edge serves. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export const isSafe = (method: string): boolean => SAFE.has(method);

/** Backends a request is tried on at once before it waits or the client is told. */
export const MAX_ATTEMPTS = 3;

/** Whether a request that failed before any byte of a response may be sent again: never where that could do twice. */
export const mayResend = (head: RequestHead, hasByteLeft: boolean): boolean =>
  !hasByteLeft || (isSafe(head.method) && head.framing.kind === 'none');

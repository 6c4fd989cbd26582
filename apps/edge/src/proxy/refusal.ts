import { field, type Field } from '../http1/fields.js';

/** Why the edge itself answered, or closed. Stable: metrics, logs and JSON pages carry it. */
export interface Refusal {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter?: number;
}

const REASON: Record<number, string> = {
  301: 'Moved Permanently',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  408: 'Request Timeout',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

export const reasonOf = (status: number): string => REASON[status] ?? '';

export const badRequest = (code: string, status: number): Refusal => ({
  code,
  status,
  message: 'The request could not be understood.',
});
export const MISDIRECTED: Refusal = {
  code: 'misdirected',
  status: 421,
  message: 'This connection was made for another host name.',
};
export const REQUEST_TIMEOUT: Refusal = {
  code: 'request_timeout',
  status: 408,
  message: 'The request did not arrive in time.',
};
export const NO_INSTANCE: Refusal = {
  code: 'no_instance',
  status: 503,
  message: 'No instance of this app is running and healthy.',
  retryAfter: 5,
};
export const AT_CAPACITY: Refusal = {
  code: 'at_capacity',
  status: 503,
  message: 'Every instance of this app is at its limit.',
  retryAfter: 1,
};
export const UNREACHABLE: Refusal = {
  code: 'unreachable',
  status: 502,
  message: 'The app could not be reached.',
  retryAfter: 1,
};
export const NOT_LISTENING: Refusal = {
  code: 'not_listening',
  status: 503,
  message: 'The app has started, but does not take connections yet.',
  retryAfter: 2,
};
export const BROKEN_OFF: Refusal = {
  code: 'broken_off',
  status: 502,
  message: 'The app closed the connection without a response.',
};
export const BAD_RESPONSE: Refusal = {
  code: 'bad_response',
  status: 502,
  message: 'The app sent an invalid response.',
};
export const RESPONSE_TIMEOUT: Refusal = {
  code: 'response_timeout',
  status: 504,
  message: 'The app did not answer in time.',
};

export interface Page {
  readonly body: Buffer;
  readonly fields: readonly Field[];
}

/** An error page: JSON where the client prefers it to HTML, and nothing in it that an app or a client said. */
export function refusalPage(refusal: Refusal, requestId: string, accept: string | undefined): Page {
  const isJson = prefersJson(accept);
  const text = isJson ? jsonPage(refusal, requestId) : htmlPage(refusal, requestId);
  const fields = [
    field('Content-Type', isJson ? 'application/json' : 'text/html; charset=utf-8'),
    field('Cache-Control', 'no-store'),
    field('X-Content-Type-Options', 'nosniff'),
  ];
  if (refusal.retryAfter !== undefined) fields.push(field('Retry-After', String(refusal.retryAfter)));
  return { body: Buffer.from(text), fields };
}

const jsonPage = ({ code, status, message }: Refusal, requestId: string): string =>
  `${JSON.stringify({ error: code, status, message, request_id: requestId })}\n`;

const htmlPage = ({ code, status, message }: Refusal, requestId: string): string =>
  `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${status} ${reasonOf(status)}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}small{color:#666}</style>
<h1>${status} ${reasonOf(status)}</h1>
<p>${message}</p>
<p><small>Request ${requestId} (${code})</small></p>
</html>
`;

/** The first of the two types that Accept names. */
function prefersJson(accept: string | undefined): boolean {
  const json = accept?.indexOf('application/json') ?? -1;
  const html = accept?.indexOf('text/html') ?? -1;
  return json >= 0 && (html < 0 || json < html);
}

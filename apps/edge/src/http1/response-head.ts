import { isDigits, isFieldValue } from './characters.js';
import { parseFields, type Field } from './fields.js';
import {
  CHUNKED,
  FramingFields,
  HOP_BY_HOP,
  listItems,
  NO_BODY,
  UNTIL_CLOSE,
  type BodyFraming,
} from './framing.js';
import { withoutNamed } from './request-head.js';
import { HttpSyntaxError } from './syntax-error.js';

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly minorVersion: 0 | 1;
  /** End-to-end fields in their order; framing and hop-by-hop fields are parsed out. */
  readonly fields: readonly Field[];
  readonly framing: BodyFraming;
  /** What a GET would have sent, where a HEAD or a 304 says so without a body. */
  readonly announcedLength: number | undefined;
  /** Whether the connection may carry another request once the body is read. */
  readonly persistent: boolean;
  /** How long the backend says it keeps an idle connection, in seconds. */
  readonly keepAliveSeconds: number | undefined;
  /** Lower-case Upgrade of a 101. */
  readonly upgrade: string | undefined;
}

/** Parses a collected response head to a request of `method`. Throws {@link HttpSyntaxError} on any ambiguity. */
export function parseResponseHead(text: string, method: string): ResponseHead {
  const lineEnd = text.indexOf('\r\n');
  const { status, reason, minorVersion } = parseStatusLine(text.slice(0, lineEnd));
  const framing = new FramingFields();
  const endToEnd: Field[] = [];
  let keepAlive: string | undefined;
  let upgrade: string | undefined;
  for (const field of parseFields(text, lineEnd + 2)) {
    if (field.lower === 'content-length') framing.setContentLength(field.value);
    else if (field.lower === 'transfer-encoding') framing.setTransferEncoding(field.value);
    else if (field.lower === 'connection') framing.addConnectionOptions(field.value);
    else if (field.lower === 'keep-alive') keepAlive = field.value;
    else if (field.lower === 'upgrade') upgrade = field.value.toLowerCase();
    else if (!HOP_BY_HOP.has(field.lower)) endToEnd.push(field);
  }
  framing.check(minorVersion);
  const body = responseFraming(status, method, framing);
  return {
    status,
    reason,
    minorVersion,
    fields: withoutNamed(endToEnd, framing.options),
    framing: body,
    announcedLength:
      body.kind === 'none' && status >= 200 && status !== 204 ? framing.contentLength : undefined,
    persistent: isPersistent(status, minorVersion, framing, body),
    keepAliveSeconds: keepAliveSeconds(keepAlive),
    upgrade: framing.options.has('upgrade') ? upgrade : undefined,
  };
}

function parseStatusLine(line: string): { status: number; reason: string; minorVersion: 0 | 1 } {
  const version = line.slice(0, 9);
  if (version !== 'HTTP/1.1 ' && version !== 'HTTP/1.0 ') throw new HttpSyntaxError('bad_status_line');
  const status = line.slice(9, 12);
  const isComplete = line.length === 12 || line[12] === ' ';
  if (!isComplete || !isDigits(status) || status < '100' || status > '599')
    throw new HttpSyntaxError('bad_status_line');
  const reason = line.slice(13);
  if (!isFieldValue(reason)) throw new HttpSyntaxError('bad_status_line');
  return { status: Number(status), reason, minorVersion: version === 'HTTP/1.1 ' ? 1 : 0 };
}

/** RFC 9112 §6.3 */
function responseFraming(status: number, method: string, sent: FramingFields): BodyFraming {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return NO_BODY;
  if (sent.chunked) return CHUNKED;
  return sent.contentLength === undefined ? UNTIL_CLOSE : { kind: 'length', length: sent.contentLength };
}

function isPersistent(status: number, minorVersion: number, sent: FramingFields, body: BodyFraming): boolean {
  if (minorVersion === 0 || sent.options.has('close') || body.kind === 'until-close') return false;
  const mayLie = status === 204 && (sent.chunked || (sent.contentLength ?? 0) > 0);
  return !mayLie;
}

/** `Keep-Alive: timeout=5, max=100` */
function keepAliveSeconds(value: string | undefined): number | undefined {
  const timeout = value && listItems(value).find((item) => item.startsWith('timeout='));
  const seconds = timeout?.slice('timeout='.length) ?? '';
  return seconds.length <= 6 && isDigits(seconds) ? Number(seconds) : undefined;
}

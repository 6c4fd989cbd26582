import { isTarget, isToken } from './characters.js';
import { parseFields, type Field } from './fields.js';
import { CHUNKED, FramingFields, HOP_BY_HOP, listItems, NO_BODY, type BodyFraming } from './framing.js';
import { HttpSyntaxError } from './syntax-error.js';

export interface RequestHead {
  readonly method: string;
  /** Origin form (`/path?query`), or `*` for OPTIONS. */
  readonly target: string;
  /** The scheme that an absolute-form target named; its authority was the same as Host. */
  readonly scheme: 'http' | 'https' | undefined;
  readonly minorVersion: 0 | 1;
  readonly host: string;
  /** End-to-end fields in their order; Host, framing and hop-by-hop fields are parsed out. */
  readonly fields: readonly Field[];
  readonly framing: BodyFraming;
  /** Whether the client lets the connection be used again. */
  readonly persistent: boolean;
  readonly expectsContinue: boolean;
  /** A WebSocket handshake (RFC 6455 §4.1): a GET without body that names `websocket` and nothing else. */
  readonly webSocketKey: string | undefined;
}

const MAX_METHOD = 24;

/** Parses a collected request head, its empty line included. Throws {@link HttpSyntaxError} on any ambiguity. */
export function parseRequestHead(text: string): RequestHead {
  const lineEnd = text.indexOf('\r\n');
  const { method, target, minorVersion } = parseRequestLine(text.slice(0, lineEnd));
  const sent = sortFields(parseFields(text, lineEnd + 2));
  const { framing, hosts } = sent;
  framing.check(minorVersion);
  const host = hosts.length === 1 ? hosts[0] : undefined;
  if (host === undefined || host === '') throw new HttpSyntaxError('bad_host');
  const bodyFraming = requestFraming(framing);
  return {
    method,
    ...parseTarget(method, target, host),
    minorVersion,
    host,
    fields: withoutNamed(sent.endToEnd, framing.options),
    framing: bodyFraming,
    persistent: minorVersion === 1 && !framing.options.has('close'),
    expectsContinue: sent.expectsContinue && minorVersion === 1 && bodyFraming.kind !== 'none',
    webSocketKey: minorVersion === 1 && method === 'GET' ? webSocketKey(sent, bodyFraming) : undefined,
  };
}

/** `PRI` is how HTTP/2 begins (RFC 9113 §3.4); no other protocol may use it. */
const NOT_SERVED: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'PRI']);

function parseRequestLine(line: string): { method: string; target: string; minorVersion: 0 | 1 } {
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  if (first <= 0 || first === last) throw new HttpSyntaxError('bad_request_line');
  const method = line.slice(0, first);
  const target = line.slice(first + 1, last);
  if (method.length > MAX_METHOD || !isToken(method)) throw new HttpSyntaxError('bad_method');
  if (!isTarget(target)) throw new HttpSyntaxError('bad_target');
  const minorVersion = parseVersion(line.slice(last + 1));
  if (NOT_SERVED.has(method)) throw new HttpSyntaxError('method_not_served');
  return { method, target, minorVersion };
}

function parseVersion(version: string): 0 | 1 {
  if (version === 'HTTP/1.1') return 1;
  if (version === 'HTTP/1.0') return 0;
  throw new HttpSyntaxError(version.startsWith('HTTP/') ? 'bad_version' : 'bad_request_line');
}

function parseTarget(method: string, target: string, host: string): Pick<RequestHead, 'target' | 'scheme'> {
  if (target.startsWith('/')) return { target, scheme: undefined };
  if (target === '*' && method === 'OPTIONS') return { target, scheme: undefined };
  return parseAbsoluteForm(target, host);
}

/** RFC 9112 §3.2.2. A path is required, so that what is sent on is never made up. */
function parseAbsoluteForm(target: string, host: string): Pick<RequestHead, 'target' | 'scheme'> {
  const colon = target.indexOf('://');
  const scheme = target.slice(0, Math.max(colon, 0)).toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') throw new HttpSyntaxError('bad_target');
  const slash = target.indexOf('/', colon + 3);
  if (slash < 0 || target.slice(colon + 3, slash).toLowerCase() !== host.toLowerCase())
    throw new HttpSyntaxError('bad_target');
  return { target: target.slice(slash), scheme };
}

interface SentFields {
  readonly framing: FramingFields;
  readonly hosts: string[];
  readonly endToEnd: Field[];
  readonly upgrades: string[];
  readonly webSocketKeys: string[];
  expectsContinue: boolean;
}

function sortFields(fields: readonly Field[]): SentFields {
  const sent: SentFields = {
    framing: new FramingFields(),
    hosts: [],
    endToEnd: [],
    upgrades: [],
    webSocketKeys: [],
    expectsContinue: false,
  };
  for (const field of fields) sortField(sent, field);
  return sent;
}

function sortField(sent: SentFields, field: Field): void {
  switch (field.lower) {
    case 'host':
      sent.hosts.push(field.value);
      return;
    case 'content-length':
      sent.framing.setContentLength(field.value);
      return;
    case 'transfer-encoding':
      sent.framing.setTransferEncoding(field.value);
      return;
    case 'connection':
      sent.framing.addConnectionOptions(field.value);
      return;
    case 'content_length':
    case 'transfer_encoding':
      // A backend behind CGI, or one modelled on it, can't tell these from the fields that frame.
      throw new HttpSyntaxError('bad_field');
    case 'expect':
      if (field.value.toLowerCase() !== '100-continue') throw new HttpSyntaxError('bad_expectation');
      sent.expectsContinue = true;
      return;
    case 'upgrade':
      sent.upgrades.push(...listItems(field.value));
      return;
    case 'sec-websocket-key':
      sent.webSocketKeys.push(field.value);
      break;
  }
  if (!HOP_BY_HOP.has(field.lower)) sent.endToEnd.push(field);
}

/** A request without Content-Length and Transfer-Encoding has no body; one with Content-Length: 0 says so itself. */
function requestFraming({ chunked, contentLength }: FramingFields): BodyFraming {
  if (chunked) return CHUNKED;
  return contentLength === undefined ? NO_BODY : { kind: 'length', length: contentLength };
}

const WEBSOCKET_KEY_LENGTH = 24;

/** The key where all of the handshake is there, else undefined: the Upgrade is then ignored (RFC 9110 §7.8). */
function webSocketKey(sent: SentFields, framing: BodyFraming): string | undefined {
  const isUpgrade =
    sent.framing.options.has('upgrade') && sent.upgrades.length === 1 && sent.upgrades[0] === 'websocket';
  if (!isUpgrade || framing.kind !== 'none' || sent.webSocketKeys.length !== 1) return undefined;
  const [key] = sent.webSocketKeys;
  return key?.length === WEBSOCKET_KEY_LENGTH ? key : undefined;
}

/** Without the fields that `Connection` named. */
export const withoutNamed = (fields: readonly Field[], options: ReadonlySet<string>): readonly Field[] =>
  options.size === 0 ? fields : fields.filter(({ lower }) => !options.has(lower));

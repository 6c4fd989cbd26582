import { METHODS } from 'node:http';
import type { Difference } from './differences.js';
import { readRequests, readResponses, type ReadMessage } from './reader.js';
import type { PeerName, SeenRequest } from './views.js';

/** A kind of difference that is understood. Each has its row in docs/http-differences.md, by its id. */
export interface Explanation {
  readonly id: string;
  readonly side: Difference['side'];
  /** Which of the others; all, unless told. */
  readonly peers?: readonly PeerName[];
  /** Whether it explains a difference; what was sent has to bear it out. */
  readonly fits: (difference: Difference) => boolean;
}

const readAll = (text: string): readonly ReadMessage[] => readRequests(text).messages;
const isClean = (text: string): boolean => readRequests(text).rest === 'nothing';
const someRequest = (text: string, holds: (request: ReadMessage) => boolean): boolean =>
  readAll(text).some(holds);
const hostsOf = ({ fields }: ReadMessage): string[] =>
  fields.filter(([name]) => name === 'host').map(([, value]) => value);

/** From here on the limits differ: nginx takes a response's head of 4 KiB, a line of 8 KiB in a request. */
const LARGE = 4000;

type Evidence = (text: string) => boolean;
const matches =
  (pattern: RegExp): Evidence =>
  (text) =>
    pattern.test(text);
const unclean: Evidence = (text) => !isClean(text);
const either =
  (...evidence: readonly Evidence[]): Evidence =>
  (text) =>
    evidence.some((holds) => holds(text));

/** What the edge refuses, by its code for it, and what must be there in the message. */
const REFUSED: Readonly<Record<string, Evidence>> = {
  bare_lf: unclean,
  head_too_large: ({ length }) => length > LARGE,
  too_many_fields: (text) => text.split('\r\n').length > 128,
  bad_request_line: unclean,
  bad_method: either(unclean, (text) => someRequest(text, ({ startLine }) => startLine[0].length > 24)),
  method_not_served: matches(/CONNECT|TRACE|PRI/),
  bad_target: either(unclean, (text) =>
    someRequest(text, ({ startLine }) => !/^\/[^#]*$/.test(startLine[1])),
  ),
  bad_version: unclean,
  bad_field: either(unclean, matches(/^(content_length|transfer_encoding)\s*:/im)),
  bad_host: either(unclean, (text) => someRequest(text, (request) => !isNamed(hostsOf(request)))),
  bad_connection: matches(/^connection\s*:/im),
  bad_content_length: unclean,
  bad_transfer_encoding: either(unclean, matches(/HTTP\/1\.0/)),
  length_and_encoding: either(unclean),
  bad_expectation: matches(/^expect\s*:/im),
  bad_chunk: unclean,
};

const isNamed = ([host = '', ...more]: readonly string[]): boolean =>
  more.length === 0 &&
  host.length < 256 &&
  /^[a-z0-9-]+(\.[a-z0-9-]+)*(:([0-5]?[0-9]{1,4}|6[0-4][0-9]{3}))?$/i.test(host);
const hostLines = (text: string): string[] =>
  [...text.matchAll(/^host:([^\r\n]*)/gim)].map(([, host = '']) => host.trim());
const isKnown = (host: string): boolean => /^[a-z]{5}\.peers\.localhost(:\d+)?$/i.test(host);

const onlyTheyForward =
  (why: string, evidence: Evidence): Explanation['fits'] =>
  ({ aspect, text }) =>
    aspect === `only they forward: ${why}` && evidence(text);

/** That another refuses, or falls silent over, a request that the edge forwards. */
const onlyWeForward =
  (holds: (request: SeenRequest, text: string) => boolean): Explanation['fits'] =>
  ({ aspect, request, text }) =>
    aspect.startsWith('only we forward') && request !== undefined && holds(request, text);

const only =
  (whose: 'ours' | 'theirs', names: RegExp): Explanation['fits'] =>
  ({ aspect }) => {
    const [, who, name = ''] = /^field, only (\w+): (.*)$/s.exec(aspect) ?? [];
    return who === whose && names.test(name);
  };

/** Whether it is no path, or one that climbs above its root, or holds an escape that is none or is a null byte. */
function isOddPath(target: string): boolean {
  if (target === '*') return true;
  const [path = ''] = target.split('?');
  if (/%(?![0-9a-f]{2})|%00/i.test(path)) return true;
  let depth = 0;
  for (const segment of unescape(path).split('/').slice(1)) {
    if (segment === '..') depth--;
    else if (segment !== '' && segment !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}

const FRAMING_TRAILER = /^0+\r\n(transfer-encoding|content-length)\s*:/im;

const REQUESTS: readonly Omit<Explanation, 'side'>[] = [
  ...Object.entries(REFUSED).map(([id, evidence]) => ({ id, fits: onlyTheyForward(id, evidence) })),
  {
    id: 'unknown_host',
    fits: onlyTheyForward('silence', (text) => hostLines(text).some((host) => !isKnown(host))),
  },
  {
    id: 'nginx_last_connection',
    peers: ['nginx'],
    fits: onlyTheyForward('silence', matches(/^connection\s*:.*close[^]*^connection\s*:/im)),
  },
  { id: 'http_1_0', fits: onlyTheyForward('silence', matches(/HTTP\/1\.0/)) },
  { id: 'both_refuse', fits: ({ aspect }) => aspect === 'answer' },
  {
    id: 'hop_by_hop',
    fits: only('theirs', /^(trailer|http2-settings|proxy-authenticate|proxy-authorization)$/),
  },
  {
    id: 'named_by_connection',
    fits: (difference) => only('theirs', /./)(difference) && isNamedByConnection(difference),
  },
  { id: 'said_by_the_edge', fits: only('theirs', /^(forwarded|fly[-_].*|x[-_]forwarded[-_].*)$/) },
  { id: 'names_nginx_ignores', peers: ['nginx'], fits: only('ours', /[^a-z0-9-]/) },
  {
    id: 'absolute_form',
    fits: ({ aspect, ours, theirs }) =>
      aspect === 'target' && theirs.toLowerCase().replace(/^https?:\/\/[^/]*/, '') === ours.toLowerCase(),
  },
  {
    id: 'nginx_buffers',
    peers: ['nginx'],
    fits: ({ aspect, ours, theirs }) => aspect === 'framing' && ours === 'chunked' && theirs === 'length',
  },
  {
    id: 'empty_body',
    fits: ({ aspect, ours, theirs }) => aspect === 'framing' && `${ours} ${theirs}` === 'length none',
  },
  { id: 'nginx_methods', peers: ['nginx'], fits: onlyWeForward(({ method }) => !/^[A-Z_-]+$/.test(method)) },
  { id: 'nginx_targets', peers: ['nginx'], fits: onlyWeForward(({ target }) => isOddPath(target)) },
  { id: 'tabs', peers: ['nginx', 'llhttp'], fits: onlyWeForward((_, text) => /:[^\n]*\t/.test(text)) },
  {
    id: 'nginx_repeats',
    peers: ['nginx'],
    fits: onlyWeForward((_, text) => /^expect\s*:[^]*^expect\s*:/im.test(text)),
  },
  { id: 'sizes', fits: onlyWeForward((_, text) => text.length > LARGE) },
  {
    id: 'haproxy_websocket',
    peers: ['haproxy'],
    fits: onlyWeForward((_, text) => /^upgrade\s*:.*websocket/im.test(text)),
  },
  { id: 'llhttp_methods', peers: ['llhttp'], fits: onlyWeForward(({ method }) => !METHODS.includes(method)) },
  {
    id: 'haproxy_1_0_body',
    peers: ['haproxy'],
    fits: onlyWeForward(({ framing }, text) => framing !== 'none' && text.includes('HTTP/1.0')),
  },
  {
    id: 'haproxy_hang_up',
    peers: ['haproxy'],
    fits: ({ aspect, text }) => aspect === 'only we forward: silence' && readAll(text).length > 1,
  },
  {
    id: 'llhttp_trailers',
    peers: ['llhttp'],
    fits: onlyWeForward((_, text) => FRAMING_TRAILER.test(text)),
  },
  {
    id: 'llhttp_proxy_connection',
    peers: ['llhttp'],
    fits: onlyWeForward((_, text) => /^proxy-connection\s*:.*close/im.test(text)),
  },
  { id: 'llhttp_upgrade', peers: ['llhttp'], fits: onlyWeForward((_, text) => /^upgrade\s*:/im.test(text)) },
];

function isNamedByConnection({ aspect, text }: Difference): boolean {
  const name = aspect.slice(aspect.indexOf(': ') + 2);
  const named = [...text.matchAll(/^connection\s*:([^\r\n]*)/gim)].flatMap(([, value = '']) =>
    value.split(','),
  );
  return named.some((option) => option.trim().toLowerCase() === name);
}

const trimmed = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '');

type ResponseFault = 'status_line' | 'line_ends' | 'field' | 'framing' | 'connection' | 'size' | 'cut';

/** What is wrong with the head of the final response in a backend's answer. */
function responseFaults(text: string): ReadonlySet<ResponseFault> {
  const faults = new Set<ResponseFault>();
  const final = text.replace(/^(HTTP\/1\.1 10[0-35-9] [^\r\n]*\r\n([^\r\n]+\r\n)*\r\n)+/, '');
  const end = final.indexOf('\r\n\r\n');
  if (end < 0) faults.add('cut');
  if (text.length > LARGE || final.split('\r\n').length > 100) faults.add('size');
  const head = end < 0 ? final : final.slice(0, end);
  if (/(^|[^\r])\n|\r(?!\n|$)/.test(head)) faults.add('line_ends');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const [, version, status = ''] =
    /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(statusLine) ?? [];
  if (version === undefined || /^10/.test(status)) faults.add('status_line');
  const values: Record<string, string[]> = { 'content-length': [], 'transfer-encoding': [] };
  for (const line of lines) {
    const [, name = '', value = ''] =
      /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
    if (name === '') faults.add('field');
    else if (
      /^connection$/i.test(name) &&
      value.split(',').some((option) => isRefusedOption(trimmed(option)))
    )
      faults.add('connection');
    else values[name.toLowerCase()]?.push(trimmed(value));
  }
  const [lengths = [], codings = []] = Object.values(values);
  const isFramed =
    lengths.length + codings.length <= 1 && lengths.every((length) => /^\d{1,15}$/.test(length));
  if (!isFramed || codings.some((coding) => coding.toLowerCase() !== 'chunked' || version === '0'))
    faults.add('framing');
  return faults;
}

const isRefusedOption = (option: string): boolean =>
  option !== '' &&
  (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(option) ||
    /^(connection|content-length|transfer-encoding|host|expect)$/i.test(option));

const onlyTheyRelay =
  (fault: ResponseFault): Explanation['fits'] =>
  ({ aspect, text }) =>
    aspect === 'only they relay' && responseFaults(text).has(fault);
const startsInterim = matches(/^HTTP\/1\.1 10/);
/** Whether the response breaks off, or can't be read to its end. */
const isBroken = ({ text, method = 'GET' }: Difference): boolean => {
  const { rest, messages } = readResponses(text, [method], true);
  return rest !== 'nothing' && !messages.some(isFinal);
};
/** Whether something follows the response. */
const hasSurplus = ({ text, method = 'GET' }: Difference): boolean => {
  const { rest, messages } = readResponses(text, [method], true);
  return rest !== 'nothing' && messages.some(isFinal);
};
const isFinal = ({ startLine }: ReadMessage): boolean => !startLine[1].startsWith('1');

const RESPONSES: readonly Omit<Explanation, 'side'>[] = [
  { id: 'response_line_ends', fits: onlyTheyRelay('line_ends') },
  { id: 'response_status_line', fits: onlyTheyRelay('status_line') },
  { id: 'response_field', fits: onlyTheyRelay('field') },
  { id: 'response_framing', fits: onlyTheyRelay('framing') },
  { id: 'response_connection', fits: onlyTheyRelay('connection') },
  {
    id: 'response_size',
    fits: ({ aspect, text }) => /^only \w+ relay$/.test(aspect) && responseFaults(text).has('size'),
  },
  {
    id: 'response_broken',
    fits: (difference) => /^only \w+ relay$|^whole$/.test(difference.aspect) && isBroken(difference),
  },
  { id: 'nginx_interim', peers: ['nginx'], fits: ({ text }) => startsInterim(text) },
  {
    id: 'haproxy_interim',
    peers: ['haproxy'],
    fits: ({ aspect, text }) => aspect === 'whole' && startsInterim(text),
  },
  {
    id: 'surplus',
    peers: ['llhttp'],
    fits: (difference) => difference.aspect === 'only we relay' && hasSurplus(difference),
  },
  {
    id: 'response_trailers',
    peers: ['llhttp'],
    fits: ({ aspect, text }) => aspect === 'only we relay' && FRAMING_TRAILER.test(text),
  },
  {
    id: 'unasked_100',
    fits: ({ aspect, ours, theirs }) =>
      aspect === 'interim responses' && theirs.replace(/100 ?/g, '') === ours,
  },
  {
    id: 'open_ended',
    fits: ({ aspect, ours, theirs }) => aspect === 'framing' && ours === 'chunked' && theirs === 'close',
  },
  {
    id: 'kept_open',
    fits: ({ aspect, ours, theirs }) => aspect === 'next request' && ours === 'last' && theirs === 'closed',
  },
  {
    id: 'response_hop_by_hop',
    fits: only('theirs', /^(trailer|http2-settings|proxy-authenticate|proxy-authorization)$/),
  },
  {
    id: 'response_named_by_connection',
    fits: (difference) => only('theirs', /./)(difference) && isNamedByConnection(difference),
  },
  {
    id: 'nginx_first_of_many',
    peers: ['nginx'],
    fits: ({ aspect }) => aspect === 'field, value: content-type',
  },
  { id: 'haproxy_websocket_accept', peers: ['haproxy'], fits: only('theirs', /^sec-websocket-accept$/) },
  {
    id: 'response_tabs',
    peers: ['nginx', 'llhttp'],
    fits: ({ aspect, text }) =>
      /^(body|framing|whole)$/.test(aspect) && /^(transfer-encoding|content-length):.*\t/im.test(text),
  },
];

const EXPLANATIONS: readonly Explanation[] = [
  ...REQUESTS.map((explanation) => ({ ...explanation, side: 'request' as const })),
  ...RESPONSES.map((explanation) => ({ ...explanation, side: 'response' as const })),
];

/** The ids of all, which the documentation's tables repeat. */
export const EXPLAINED: readonly string[] = EXPLANATIONS.map(({ id }) => id);

export const explanationOf = (difference: Difference): Explanation | undefined =>
  EXPLANATIONS.find(
    ({ side, peers, fits }) =>
      side === difference.side && (peers?.includes(difference.peer) ?? true) && fits(difference),
  );

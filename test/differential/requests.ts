import { chunkDrafts, fieldDraft, render, type Draft } from './draft.js';
import { COMMON, edited, type Mutation } from './mutations.js';
import { Random } from './random.js';

const METHODS = [
  'get',
  'Get',
  'G\0T',
  '',
  'PRI',
  'CONNECT',
  'TRACE',
  'QUERY',
  'M-SEARCH',
  'X'.repeat(40),
  '!#$%',
  'GE(T',
  'HEAD',
];
const VERSIONS = [
  ...[
    'HTTP/1.0',
    'HTTP/1.0',
    'HTTP/1.2',
    'HTTP/0.9',
    'HTTP/2.0',
    'HTTP/01.1',
    'http/1.1',
    'HTTP/1.1x',
    '',
    'HTTP/1',
  ],
  ...['HTTP/11', 'HTTP/1. 1', 'HTTP/1.01', 'HTTP/+1.1', 'HTTPS/1.1', 'HTTP/1.1\0', 'ICE/1.0', 'HTTP /1.1'],
];
const targets = (host: string): readonly string[] => [
  ...[
    '*',
    '//x',
    '/a b',
    '/a#b',
    '/%00',
    '/%zz',
    '/\x80',
    '/\0',
    '',
    '/../x',
    '/a/../../b',
    '/a//b',
    '/a/./b',
    '?x',
  ],
  ...[
    '/\\..\\',
    '/\x7f',
    '/a\tb',
    '/{}|',
    '/%2e%2e/x',
    '/a%2fb',
    '/a;b=c',
    'x',
    'host:80',
    '/a\rb',
    '/<">`',
    '/^[]',
  ],
  ...[
    `http://${host}/p`,
    `HTTP://${host}/p`,
    `https://${host}/p`,
    `http://${host}`,
    'http://other/p',
    `http://${host}:80/p`,
  ],
  ...[
    `http://x@${host}/p`,
    `ftp://${host}/p`,
    `http:/${host}/p`,
    `http://${host}?q`,
    'http:///p',
    `http://${host}/../p`,
  ],
  ...['/ HTTP/1.1\r\nX: y', '/?a=b&c=d', '/é'],
];
const hosts = (host: string): readonly string[] => [
  ...[
    `${host}:80`,
    `${host}:`,
    `${host}:x`,
    `${host}:99999`,
    `${host}.`,
    host.toUpperCase(),
    '',
    `x@${host}`,
    `${host}, b`,
  ],
  ...[
    `${host}/x`,
    `${host}\0`,
    `a ${host}`,
    '[::1]',
    '127.0.0.1',
    'other',
    `${host}\t`,
    `${host}#`,
    `${host}?`,
    `-${host}`,
  ],
  ...[`${host}:80:80`, `${host}\x0b`, `${host}..`, `${host}:+80`, '.', `${host}\xe9`],
];

const requestMutations = (host: string): readonly Mutation[] => [
  ...COMMON,
  (draft, random) => void (draft.first = random.pick(METHODS)),
  (draft, random) => void (draft.third = random.pick(VERSIONS)),
  (draft, random) => void (draft.second = random.pick(targets(host))),
  (draft, random) => void (draft.second = random.pick(targets(host))),
  (draft, random) => {
    const there = draft.fields.find(({ name }) => name === 'Host');
    if (there) there.value = random.pick(hosts(host));
  },
  (draft, random) => {
    const added = fieldDraft('Host', random.pick([host, 'other', '']));
    if (random.once(2)) draft.fields = draft.fields.filter(({ name }) => name !== 'Host');
    else draft.fields.splice(random.below(draft.fields.length + 1), 0, added);
  },
  (draft, random) => {
    draft.fields.push(
      fieldDraft('Expect', random.pick(['100-continue', '100-Continue', '200-ok', '', '100-continue, x'])),
    );
  },
  (draft, random) => {
    draft.fields.push(
      fieldDraft('Connection', random.pick(['Upgrade', 'upgrade, close', 'keep-alive, Upgrade'])),
      fieldDraft('Upgrade', random.pick(['websocket', 'WebSocket', 'h2c', 'TLS/1.0', 'websocket, h2c', ''])),
      fieldDraft('Sec-WebSocket-Key', random.pick(['dGhlIHNhbXBsZSBub25jZQ==', 'x'])),
      fieldDraft('Sec-WebSocket-Version', '13'),
    );
  },
  (draft, random) => {
    const forged = random.pick([
      'Fly-Client-IP',
      'fly_client_ip',
      'Fly-Request-Id',
      'X-Forwarded-For',
      'X_Forwarded_Proto',
      'Forwarded',
      'Via',
    ]);
    draft.fields.push(fieldDraft(forged, 'forged'));
  },
];

const BODIES = [
  'hello',
  'a=1&b=2',
  '0\r\n\r\n',
  'GET /inner HTTP/1.1\r\nHost: b\r\n\r\n',
  '\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  '\0\xff',
];
const FIELDS: readonly (readonly [string, string])[] = [
  ['Accept', 'application/json'],
  ['User-Agent', 'x/1.0 (y; z)'],
  ['Cookie', 'a=b; c="d"'],
  ['X-Custom', 'one'],
  ['X-Custom', 'two'],
  ['Accept-Language', 'de, en;q=0.5'],
  ['Content-Type', 'text/plain'],
  ['X-Empty', ''],
];

function wellFormed(host: string, random: Random): Draft {
  const draft: Draft = {
    before: '',
    first: random.pick(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']),
    gap: ' ',
    second: random.pick(['/', '/a', '/a/b?c=d', '/%41?%20']),
    otherGap: ' ',
    third: 'HTTP/1.1',
    lineEnd: '\r\n',
    fields: [fieldDraft('Host', host)],
    headEnd: '\r\n',
    body: { kind: 'none' },
  };
  for (let fields = random.below(3); fields > 0; fields--)
    draft.fields.push(fieldDraft(...random.pick(FIELDS)));
  const framing = random.below(3);
  if (framing === 1) {
    const text = random.pick(BODIES);
    draft.fields.push(fieldDraft('Content-Length', String(text.length)));
    draft.body = { kind: 'plain', text };
  } else if (framing === 2) {
    draft.fields.push(fieldDraft('Transfer-Encoding', 'chunked'));
    const pieces = Array.from({ length: 1 + random.below(2) }, () => random.pick(BODIES));
    draft.body = { kind: 'chunked', chunks: chunkDrafts(pieces), trailer: '\r\n' };
  }
  return draft;
}

/** A well-formed request after which its sender hears no more: whether and how it arrives shows where all before it ended. */
export const lastRequest = (host: string): string =>
  `GET /last HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

/**
 * What a client sends on one connection before it closes its side: up to three requests, usually one of them mutated,
 * and {@link lastRequest}; or all that up to some byte.
 * @param host the name to ask for; names of the same length give messages that differ in nothing else
 */
export function requestsOf(seed: number, index: number, host: string): string {
  const random = new Random(seed, index);
  let text = random.once(6) ? render(wellFormed(host, random)) : '';
  const draft = wellFormed(host, random);
  const mutations = requestMutations(host);
  for (let count = random.pick([0, 1, 1, 1, 1, 1, 2, 2, 3]); count > 0; count--)
    random.pick(mutations)(draft, random);
  text += render(draft);
  if (random.once(8)) text = edited(text, random);
  if (random.once(6)) text += render(wellFormed(host, random));
  text += lastRequest(host);
  return random.once(20) ? text.slice(0, random.below(text.length)) : text;
}

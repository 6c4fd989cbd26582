import { chunkDrafts, fieldDraft, render, type Draft } from './draft.js';
import { COMMON, edited, type Mutation } from './mutations.js';
import { Random } from './random.js';

const STATUS_LINES: readonly Mutation[] = [
  (draft, random) => {
    draft.first = random.pick([
      'HTTP/1.0',
      'HTTP/1.2',
      'HTTP/2',
      'HTTP/2.0',
      'http/1.1',
      'HTTP/01.1',
      'HTTP/1.1x',
      '',
      'ICY',
      'HTTP/0.9',
    ]);
  },
  (draft, random) => {
    draft.second = random.pick([
      ...[
        '099',
        '600',
        '999',
        '000',
        '20',
        '2000',
        '2x0',
        '-200',
        '+200',
        '',
        '0200',
        '20\0',
        ' 200',
        '200\t',
      ],
      ...['204', '304', '205', '100', '101', '102', '103', '199', '299', '599'],
    ]);
  },
  (draft, random) => {
    draft.third = random.pick([
      '',
      'Not \xe9',
      'a\0b',
      'a\rb',
      'a\tb',
      '  ',
      '\x7f',
      'O'.repeat(3000),
      'OK\r',
      '\x0b',
    ]);
    if (draft.third === '' && random.once(2)) draft.otherGap = '';
  },
];
const BODIES = [
  'hello',
  'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison',
  '0\r\n\r\n',
  '\r\n',
  '\0\xff',
  'a'.repeat(300),
];
const FIELDS: readonly (readonly [string, string])[] = [
  ['Content-Type', 'text/plain'],
  ['Set-Cookie', 'a=b'],
  ['Set-Cookie', 'c=d'],
  ['ETag', '"x"'],
  ['X-Custom', 'one'],
  ['Cache-Control', 'no-store'],
];

function wellFormed(random: Random): Draft {
  const status = random.pick(['200', '200', '200', '201', '404', '500', '204', '304', '302', '206']);
  const draft: Draft = {
    before: '',
    first: 'HTTP/1.1',
    gap: ' ',
    second: status,
    otherGap: ' ',
    third: random.pick(['OK', 'Reason', '']),
    lineEnd: '\r\n',
    fields: [fieldDraft('X-Origin', 'mutated')],
    headEnd: '\r\n',
    body: { kind: 'none' },
  };
  for (let fields = random.below(3); fields > 0; fields--)
    draft.fields.push(fieldDraft(...random.pick(FIELDS)));
  const text = random.pick(BODIES);
  const framing = status === '204' || status === '304' ? 3 : random.below(3);
  if (framing === 0) {
    draft.fields.push(fieldDraft('Content-Length', String(text.length)));
    draft.body = { kind: 'plain', text };
  } else if (framing === 1) {
    draft.fields.push(fieldDraft('Transfer-Encoding', 'chunked'));
    draft.body = { kind: 'chunked', chunks: chunkDrafts([text, random.pick(BODIES)]), trailer: '\r\n' };
  } else if (framing === 2) draft.body = { kind: 'plain', text };
  return draft;
}

const INTERIM = [
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
  'HTTP/1.1 102 Processing\r\n\r\n',
];
const SURPLUS = ['HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison', '\r\n', 'x', '0\r\n\r\n'];

export type AskedMethod = 'GET' | 'HEAD' | 'POST';

/** What a backend answers to one request, and to which; it closes its connection afterwards, at once or later. */
export interface Answer {
  readonly method: AskedMethod;
  readonly text: string;
  readonly closesAtOnce: boolean;
}

export function answerOf(seed: number, index: number): Answer {
  const random = new Random(seed ^ 0x5bd1e995, index);
  const method = random.pick(['GET', 'GET', 'GET', 'GET', 'POST', 'HEAD'] as const);
  const draft = wellFormed(random);
  if (method === 'HEAD' && random.once(2)) draft.body = { kind: 'none' };
  const mutations = [...COMMON, ...STATUS_LINES, ...STATUS_LINES];
  for (let count = random.pick([0, 1, 1, 1, 1, 1, 2, 2, 3]); count > 0; count--)
    random.pick(mutations)(draft, random);
  let text = render(draft);
  if (random.once(8)) text = edited(text, random);
  if (random.once(8)) text = random.pick(INTERIM) + text;
  if (random.once(10)) text += random.pick(SURPLUS);
  if (random.once(15)) text = text.slice(0, random.below(text.length));
  return { method, text, closesAtOnce: random.once(2) };
}

import { fieldDraft, type Draft, type FieldDraft } from './draft.js';
import type { Random } from './random.js';

/** Changes one thing about a message that parsers are known, or likely, to disagree about. */
export type Mutation = (draft: Draft, random: Random) => void;

const LINE_ENDS = ['\n', '\r', '\r\r\n', '\n\r', '\r\n\r\n', ' \r\n', '\t\r\n', '\r\n ', '\0\r\n', ''];
const GAPS = ['  ', '\t', '', ' \t', '\r', '\x0b', '\x0c', '\0', '\xa0'];
const CONTROLS = [
  '\0',
  '\x01',
  '\x07',
  '\x08',
  '\x0b',
  '\x0c',
  '\x1f',
  '\x7f',
  '\r',
  '\x80',
  '\x85',
  '\xa0',
  '\xff',
];
const SEPARATORS = [':', ' : ', '\t: ', ':\t', ':  ', ' ', ':\r\n ', '::', ': \x0b', ':\0', '=', ': \r'];
const NAMES = [
  '',
  ' X',
  'X Y',
  'X_Y',
  'X(',
  'X@',
  '"X"',
  'X\t',
  'X\xe9',
  'X\0',
  'X\r',
  'X\x7f',
  'X.Y',
  "X'",
  '\r\n\tX',
];

const LENGTHS = [
  ...['+', '-', '0', '00', ' ', '0x'].map((before) => (length: string) => before + length),
  ...[' ', ';', ',', '.0', '\x0b', '\0', '\t', 'e0', ' 0', 'a'].map(
    (after) => (length: string) => length + after,
  ),
  (length: string) => `${length}, ${length}`,
  (length: string) => `${length},${Number(length) + 1}`,
  (length: string) => String(Number(length) + 1),
  (length: string) => String(Math.max(Number(length) - 1, 0)),
  (length: string) => String(BigInt(length) + 2n ** 64n),
  (length: string) => String(BigInt(length) + 2n ** 32n),
  ...['', '-1', '0', '0x0', 'x', '99999999999999999999999'].map((value) => () => value),
];
const CODINGS = [
  ...[
    'chunked, chunked',
    'gzip, chunked',
    'chunked, gzip',
    'identity',
    'identity, chunked',
    'chunked, identity',
  ],
  ...[
    'CHUNKED',
    'Chunked',
    'chunked;q=1',
    'chunked,',
    ',chunked',
    ', chunked',
    'xchunked',
    'chunkedx',
    'chunk',
  ],
  ...[
    '\x0bchunked',
    'chunked\x0b',
    'chunked\0',
    "'chunked'",
    '"chunked"',
    'chunked ',
    '\tchunked',
    'chunked\t',
  ],
  ...['', 'gzip', 'chunked\r\n ', '\r\n chunked', 'chunked, \x0b', 'chunked\xa0', 'chunKed', 'trailers'],
];
const CONNECTIONS = [
  ...[
    'close',
    'keep-alive',
    'Close',
    'close, keep-alive',
    'keep-alive, close',
    'X-Custom',
    'close, X-Custom',
  ],
  ...[
    'transfer-encoding',
    'content-length',
    'Host',
    'expect',
    'Connection',
    'via',
    'x-forwarded-for',
    'fly-client-ip',
  ],
  ...[
    '',
    ',',
    ',,close',
    'clo se',
    'close;x',
    'upgrade',
    'te',
    'keep-alive, x-custom, close',
    'close\x0b',
    '"close"',
  ],
  ...['traceparent', 'cookie', 'x_custom', 'trailer', 'authorization'],
];
const CHUNK_SIZES = [
  ...['0', '00', '0x', '+', '-', ' ', '\t', '0000000000000000'].map(
    (before) => (size: string) => before + size,
  ),
  ...[
    ' ',
    '\t',
    ';',
    ';x',
    ';x=1',
    ';x="a"',
    ';x="\n"',
    ';x="\r\n"',
    ';\r',
    ' ;x',
    '\0',
    'g',
    '.0',
    'h',
    ';a\n5',
  ].map((after) => (size: string) => size + after),
  (size: string) => size.toUpperCase(),
  (size: string) => (parseInt(size, 16) + 1).toString(16),
  (size: string) => Math.max(parseInt(size, 16) - 1, 0).toString(16),
  (size: string) => (BigInt(`0x${size}`) + 2n ** 64n).toString(16),
  (size: string) => (BigInt(`0x${size}`) + 2n ** 32n).toString(16),
  (size: string) => `${size};${'x'.repeat(5000)}`,
  ...['', 'x', '-1', 'ffffffff', 'ffffffffffffffff', '7fffffffffffffff'].map((size) => () => size),
];
const CHUNK_ENDS = ['\n', '\r', '', '\r\r\n', '\n\r', 'x\r\n', '\r\nx', ' \r\n', '\r\n\r\n'];
const TRAILERS = [
  ...[
    'X-T: 1\r\n\r\n',
    'Content-Length: 5\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n',
    'Host: b\r\n\r\n',
    '\n',
    '',
  ],
  ...[
    'X-T: 1\n\n',
    'X-T : 1\r\n\r\n',
    ' X-T: 1\r\n\r\n',
    'X-T: 1\r\n folded\r\n\r\n',
    'X\r\n\r\n',
    '\r',
    '\r\n\r\n',
  ],
  ...[
    ': 1\r\n\r\n',
    'X-T: \0\r\n\r\n',
    'X-T: 1\r\n\n',
    'X-T: 1\r\n',
    'x\r\n',
    `X-T: ${'a'.repeat(9000)}\r\n\r\n`,
  ],
  'GET /trailer HTTP/1.1\r\nHost: b\r\n\r\n',
];

const anyField = (draft: Draft, random: Random): FieldDraft => {
  if (draft.fields.length === 0) draft.fields.push(fieldDraft('X-Only', 'v'));
  return random.pick(draft.fields);
};
const insert = (draft: Draft, random: Random, field: FieldDraft): void => {
  draft.fields.splice(random.below(draft.fields.length + 1), 0, field);
};
const named = ({ fields }: Draft, name: string): FieldDraft | undefined =>
  fields.find((field) => field.name.toLowerCase() === name);

/** The framing field of this name, or one that is put there: then the message has it beside what it had. */
function framingField(draft: Draft, random: Random, name: string, value: string): FieldDraft {
  const there = named(draft, name.toLowerCase());
  if (there) return there;
  const added = fieldDraft(name, value);
  insert(draft, random, added);
  return added;
}

const splice = (text: string, at: number, piece: string): string =>
  text.slice(0, at) + piece + text.slice(at);

const lineEnds: Mutation = (draft, random) => {
  const end = random.pick(LINE_ENDS);
  const place = random.below(3);
  if (place === 0) draft.lineEnd = end;
  else if (place === 1) draft.headEnd = end;
  else anyField(draft, random).end = end;
};
const gaps: Mutation = (draft, random) => {
  const gap = random.pick(GAPS);
  if (random.once(3)) draft.before = random.pick([' ', '\t', '\r\n', '\r\n\r\n', '\n', '\r', '\0', '\r\n ']);
  else if (random.once(2)) draft.gap = gap;
  else draft.otherGap = gap;
};
const separators: Mutation = (draft, random) => {
  anyField(draft, random).separator = random.pick(SEPARATORS);
};
const names: Mutation = (draft, random) => {
  if (random.once(2)) insert(draft, random, fieldDraft(random.pick(NAMES), 'v'));
  else {
    const field = anyField(draft, random);
    field.name = random.pick([
      splice(
        field.name,
        random.below(field.name.length + 1),
        random.pick([' ', '\t', '\0', '_', '\r', '\n', '\xe9']),
      ),
      field.name.replace('-', '_'),
      field.name.toUpperCase(),
    ]);
  }
};
const values: Mutation = (draft, random) => {
  const field = anyField(draft, random);
  field.value = splice(
    field.value,
    random.below(field.value.length + 1),
    random.pick([...CONTROLS, ' ', '\t', ',']),
  );
};
const folds: Mutation = (draft, random) => {
  const field = anyField(draft, random);
  field.end = random.pick([
    '\r\n folded\r\n',
    '\r\n\tfolded\r\n',
    '\n folded\r\n',
    '\r\n \r\n',
    '\r\n X-F: 1\r\n',
  ]);
};
const lengths: Mutation = (draft, random) => {
  const field = framingField(draft, random, 'Content-Length', '5');
  field.value = random.pick(LENGTHS)(/^\d+$/.test(field.value) ? field.value : '5');
};
const secondLength: Mutation = (draft, random) => {
  const first = framingField(draft, random, 'Content-Length', '5').value;
  insert(draft, random, fieldDraft('content-length', random.pick([first, '0', '3', '+3', ''])));
};
const codings: Mutation = (draft, random) => {
  framingField(draft, random, 'Transfer-Encoding', 'chunked').value = random.pick(CODINGS);
};
const secondCoding: Mutation = (draft, random) => {
  framingField(draft, random, 'Transfer-Encoding', 'chunked');
  insert(
    draft,
    random,
    fieldDraft('Transfer-encoding', random.pick(['chunked', 'identity', 'gzip', '', 'x'])),
  );
};
const disguisedCoding: Mutation = (draft, random) => {
  const field = framingField(draft, random, 'Transfer-Encoding', 'chunked');
  const change = random.pick<Partial<FieldDraft>>([
    ...[
      'Transfer_Encoding',
      'Transfer-Encoding ',
      ' Transfer-Encoding',
      'Transfer\0-Encoding',
      'X: y\nTransfer-Encoding',
    ].map((name) => ({ name })),
    ...['X: y\rTransfer-Encoding', 'Transfer-Encoding\t', 'Content-Encoding', '\x0bTransfer-Encoding'].map(
      (name) => ({ name }),
    ),
    ...[':', ':\t', ' :', ':\r\n ', ':\x0b', ': \0'].map((separator) => ({ separator })),
  ]);
  Object.assign(field, change);
};
const bothFramings: Mutation = (draft, random) => {
  framingField(draft, random, 'Transfer-Encoding', 'chunked');
  framingField(draft, random, 'Content-Length', random.pick(['0', '3', '5', '64']));
};
const connections: Mutation = (draft, random) => {
  insert(
    draft,
    random,
    fieldDraft(random.pick(['Connection', 'connection', 'Proxy-Connection']), random.pick(CONNECTIONS)),
  );
  if (random.once(3)) insert(draft, random, fieldDraft('X-Custom', 'named'));
};
const hopByHop: Mutation = (draft, random) => {
  const [name, value] = random.pick<readonly [string, string]>([
    ['TE', 'trailers'],
    ['Trailer', 'X-T'],
    ['Keep-Alive', 'timeout=5'],
    ['Proxy-Authorization', 'Basic eA=='],
    ['Proxy-Authenticate', 'Basic'],
    ['Upgrade', 'h2c'],
    ['Upgrade', 'websocket'],
    ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
  ]);
  insert(draft, random, fieldDraft(name, value));
  if (name === 'Upgrade' && random.once(2)) insert(draft, random, fieldDraft('Connection', 'Upgrade'));
};
const chunks: Mutation = (draft, random) => {
  if (draft.body.kind !== 'chunked') return codings(draft, random);
  const chunk = random.pick(draft.body.chunks);
  const place = random.below(4);
  if (place === 0) chunk.sizeEnd = random.pick(CHUNK_ENDS);
  else if (place === 1) chunk.dataEnd = random.pick(CHUNK_ENDS);
  else chunk.size = random.pick(CHUNK_SIZES)(/^[0-9a-f]+$/.test(chunk.size) ? chunk.size : '5');
};
const trailers: Mutation = (draft, random) => {
  if (draft.body.kind !== 'chunked') return lengths(draft, random);
  draft.body.trailer = random.pick(TRAILERS);
};
const huge: Mutation = (draft, random) => {
  const size = random.pick([1000, 4100, 8300, 17_000, 70_000]);
  const place = random.below(3);
  if (place === 0) anyField(draft, random).value += 'a'.repeat(size);
  else if (place === 1)
    draft.fields.push(...Array.from({ length: size / 50 }, (_, at) => fieldDraft(`X-${at}`, 'a')));
  else draft.second += 'a'.repeat(size);
};

/** What goes for requests and responses alike. */
export const COMMON: readonly Mutation[] = [
  ...[lineEnds, lineEnds, gaps, separators, names, values, values, folds],
  ...[lengths, lengths, secondLength, codings, codings, secondCoding, disguisedCoding, bothFramings],
  ...[connections, connections, hopByHop, chunks, chunks, chunks, trailers, huge],
];

const TROUBLE = [...CONTROLS, '\n', '\r\n', '\r\n\r\n', ' ', ':', ';', ',', '0', '\r\n0\r\n\r\n', 'chunked'];

/** A few edits anywhere in the bytes: for what no grammar thinks of. */
export function edited(text: string, random: Random): string {
  let result = text;
  for (let edits = 1 + random.below(2); edits > 0; edits--) {
    const at = random.below(result.length + 1);
    const kind = random.below(3);
    if (kind === 0) result = splice(result, at, random.pick(TROUBLE));
    else if (kind === 1) result = result.slice(0, at) + result.slice(at + 1 + random.below(3));
    else result = splice(result, at, result.slice(at, at + 1 + random.below(40)));
  }
  return result;
}

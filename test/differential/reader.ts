/**
 * A reader of what proxies write. It takes nothing but messages in their plainest form (RFC 9112 without any of its
 * allowances), shares no code with the edge, and so is a judge of it: what can't be read here wasn't written cleanly.
 */
export type FieldLine = readonly [name: string, value: string];

export interface ReadMessage {
  readonly startLine: readonly [string, string, string];
  readonly fields: readonly FieldLine[];
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  readonly body: string;
  /** Its first byte, and the one behind its last. */
  readonly from: number;
  readonly to: number;
}

export interface Reading {
  readonly messages: readonly ReadMessage[];
  readonly rest: 'nothing' | 'partial' | 'unreadable';
  /** The head of a message of which a part is missing. */
  readonly open: Head | undefined;
}

type Head = Pick<ReadMessage, 'startLine' | 'fields' | 'framing' | 'from'> & { readonly bodyFrom: number };
/** A body's text and end; or what is wrong with it. */
type ReadBody = { readonly body: string; readonly to: number } | 'partial' | 'unreadable';

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) (HTTP\/1\.[01])$/;
const STATUS_LINE = /^(HTTP\/1\.[01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

export const readRequests = (text: string): Reading => read(text, REQUEST_LINE, requestFraming, false);

/**
 * @param methods of the requests that are answered, in their order; what comes beyond them is unreadable
 * @param hasEnded whether the connection ended cleanly: only then is a response that ends with it complete
 */
export function readResponses(text: string, methods: readonly string[], hasEnded: boolean): Reading {
  let answered = 0;
  const framing = (head: Head): ReadMessage['framing'] | undefined => {
    const status = Number(head.startLine[1]);
    const method = methods[answered];
    if (method === undefined) return undefined;
    if (status >= 200 || status === 101) answered++;
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none';
    return framingOf(head.fields, 'close');
  };
  return read(text, STATUS_LINE, framing, hasEnded);
}

const requestFraming = ({ fields }: Head): ReadMessage['framing'] | undefined => framingOf(fields, 'none');

function read(
  text: string,
  startLine: RegExp,
  framingFor: (head: Head) => ReadMessage['framing'] | undefined,
  hasEnded: boolean,
): Reading {
  const messages: ReadMessage[] = [];
  let from = 0;
  while (from < text.length) {
    const end = text.indexOf('\r\n\r\n', from);
    if (end < 0) return { messages, rest: 'partial', open: undefined };
    const unframed = readHead(text, from, end, startLine);
    const framing = unframed && framingFor(unframed);
    if (!framing) return { messages, rest: 'unreadable', open: undefined };
    const head = { ...unframed, framing };
    const body = readBody(text, head, hasEnded);
    if (typeof body === 'string') return { messages, rest: body, open: head };
    messages.push({ ...head, ...body });
    from = body.to;
  }
  return { messages, rest: 'nothing', open: undefined };
}

function readHead(text: string, from: number, end: number, startLine: RegExp): Head | undefined {
  const [first = '', ...lines] = text.slice(from, end).split('\r\n');
  const [, one, two, three = ''] = startLine.exec(first) ?? [];
  if (one === undefined || two === undefined) return undefined;
  const fields: FieldLine[] = [];
  for (const line of lines) {
    const [, name, value] = FIELD_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    fields.push([name.toLowerCase(), value.replace(/[ \t]+$/, '')]);
  }
  return { startLine: [one, two, three], fields, framing: 'none', from, bodyFrom: end + 4 };
}

function framingOf(
  fields: readonly FieldLine[],
  otherwise: 'none' | 'close',
): ReadMessage['framing'] | undefined {
  const codings = fields.filter(([name]) => name === 'transfer-encoding');
  const lengths = fields.filter(([name]) => name === 'content-length');
  if (codings.length + lengths.length > 1) return undefined;
  if (codings.length === 1) return codings[0]?.[1].toLowerCase() === 'chunked' ? 'chunked' : undefined;
  if (lengths.length === 1) return /^\d{1,15}$/.test(lengths[0]?.[1] ?? '') ? 'length' : undefined;
  return otherwise;
}

function readBody(text: string, { framing, fields, bodyFrom }: Head, hasEnded: boolean): ReadBody {
  switch (framing) {
    case 'none':
      return { body: '', to: bodyFrom };
    case 'length': {
      const to = bodyFrom + Number(fields.find(([name]) => name === 'content-length')?.[1]);
      return to > text.length ? 'partial' : { body: text.slice(bodyFrom, to), to };
    }
    case 'chunked':
      return readChunks(text, bodyFrom);
    case 'close':
      return hasEnded ? { body: text.slice(bodyFrom), to: text.length } : 'partial';
  }
}

function readChunks(text: string, from: number): ReadBody {
  let body = '';
  for (let at = from; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return 'partial';
    const size = text.slice(at, lineEnd);
    if (!/^[0-9a-fA-F]{1,8}$/.test(size)) return 'unreadable';
    const dataFrom = lineEnd + 2;
    const to = dataFrom + parseInt(size, 16);
    if (to === dataFrom) return readTrailer(text, dataFrom, body);
    if (to + 2 > text.length) return 'partial';
    if (!text.startsWith('\r\n', to)) return 'unreadable';
    body += text.slice(dataFrom, to);
    at = to + 2;
  }
}

function readTrailer(text: string, from: number, body: string): ReadBody {
  for (let at = from; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return 'partial';
    if (lineEnd === at) return { body, to: at + 2 };
    if (!FIELD_LINE.test(text.slice(at, lineEnd))) return 'unreadable';
    at = lineEnd + 2;
  }
}

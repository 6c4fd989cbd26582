import {
  envelopeBody,
  LIMITS,
  TerminalError,
  type AggregateRef,
  type EnvelopeBody,
} from '@bulkhead/contracts';

/** `<type>/<id>`: how an aggregate is named in tables. A type holds no slash, so it is unambiguous. */
export const aggregateKey = ({ type, id }: AggregateRef): string => `${type}/${id}`;

export function parseAggregateKey(key: string): AggregateRef {
  const slash = key.indexOf('/');
  return { type: key.slice(0, slash), id: key.slice(slash + 1) };
}

/**
 * The exact bytes that are stored, sent and hashed.
 * @throws TerminalError `body_too_large` (413), naming the field that takes the most.
 */
export function encodeBody(body: EnvelopeBody): Buffer {
  const bytes = Buffer.from(JSON.stringify(body));
  if (bytes.length <= LIMITS.bodyBytes) return bytes;
  const field = largestField(body);
  throw new TerminalError(
    'body_too_large',
    `${field} is too large: what changes at once may be at most ${LIMITS.bodyBytes / 1024} KiB, this is ${Math.ceil(bytes.length / 1024)} KiB`,
    { status: 413, details: { field, limit: LIMITS.bodyBytes, bytes: bytes.length } },
  );
}

/** @throws ZodError | SyntaxError for bytes that are no envelope. */
export const decodeBody = (bytes: Uint8Array): EnvelopeBody =>
  envelopeBody.parse(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()));

/** Follows the child that holds most of its parent, in the words of the event's own data. */
function largestField(body: EnvelopeBody): string {
  let path = '';
  let value: unknown = heaviest(body.events.map((event) => [event.type, event.data]))[1];
  while (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    const [key, child] = heaviest(Object.entries(value));
    if (weight(child) * 2 < weight(value) || key.startsWith('$')) break;
    path = path === '' ? key : `${path}.${key}`;
    value = child;
  }
  return path === '' ? 'the events together' : path;
}

const weight = (value: unknown): number => JSON.stringify(value)?.length ?? 0;

const heaviest = (entries: readonly (readonly [string, unknown])[]): readonly [string, unknown] =>
  entries.reduce((a, b) => (weight(b[1]) > weight(a[1]) ? b : a), ['', undefined]);

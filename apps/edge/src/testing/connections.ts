import fc from 'fast-check';
import { HOST } from './edge-fixture.js';

const tokenCharacter = fc.constantFrom(..."abcXYZ019!#$%&'*+-.^_`|~");
const token = fc.string({ unit: tokenCharacter, minLength: 1, maxLength: 12 });
const name = token.map((text) => `X-${text}`);
const value = fc
  .string({ unit: fc.constantFrom(...'abc XYZ,;:="\t/\xe9\xff'), maxLength: 20 })
  .map((text) => text.trim());
const target = fc
  .string({ unit: fc.constantFrom(...'abc/?&=%20.;:@[]{}|"\\'), maxLength: 20 })
  .map((text) => `/${text}`);
const body = fc.string({ unit: fc.constantFrom(...'ab\r\n01:; GET'), maxLength: 60 });
const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH');

const sized = fc
  .record({ body })
  .map(({ body }) => ({ field: `Content-Length: ${body.length}\r\n`, payload: body }));
const chunkedBody = fc
  .array(
    body.filter((piece) => piece.length > 0),
    { maxLength: 4 },
  )
  .map((pieces) => ({
    field: 'Transfer-Encoding: chunked\r\n',
    payload: [...pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`), '0\r\n\r\n'].join(''),
  }));
const bodies = fc.oneof(fc.constant({ field: '', payload: '' }), sized, chunkedBody);

const request: fc.Arbitrary<{ readonly text: string }> = fc
  .record({ method, target, fields: fc.array(fc.tuple(name, value), { maxLength: 5 }), body: bodies })
  .map(({ method, target, fields, body }) => ({
    text:
      `${method} ${target} HTTP/1.1\r\nHost: ${HOST}\r\n` +
      fields.map(([name, value]) => `${name}: ${value}\r\n`).join('') +
      `${body.field}\r\n${body.payload}`,
  }));

/** One to three well-formed requests, pipelined. */
export const connection = fc
  .array(request, { minLength: 1, maxLength: 3 })
  .map((made) => made.map(({ text }) => text).join(''));

/** The text after a few edits. */
export const edited = (text: string, insert: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .array(fc.record({ at: fc.nat(400), remove: fc.nat(3), insert }), { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce((text, { at, remove, insert }) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + insert + text.slice(place + remove);
      }, text),
    );

/** What parsers disagree about. */
const trouble = fc.constantFrom(
  ...['', '\r', '\n', '\r\n', ' ', '\t', ':', ',', ';', '0', '\0', '\x0b', '+', '-', '\r\n ', 'chunked'],
  ...[
    '\r\nContent-Length: 3',
    '\r\nTransfer-Encoding: chunked',
    '\r\nExpect: 100-continue',
    '\r\nHost: b.example',
  ],
  ...['\r\nConnection: close', '\r\nConnection: transfer-encoding'],
  '\r\nUpgrade: websocket\r\nConnection: upgrade',
);

/** Pipelined requests with a few edits. */
export const mutated: fc.Arbitrary<string> = connection.chain((text) => edited(text, trouble));

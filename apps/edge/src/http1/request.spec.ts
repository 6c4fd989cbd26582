import { readRequests } from '../testing/read-messages.js';
import type { SyntaxFault } from './syntax-error.js';

const read = (...lines: string[]) => readRequests([Buffer.from(lines.join('\r\n'), 'latin1')]);
const HOST = 'Host: a.example';

describe('what is refused', () => {
  const corpus: [string, SyntaxFault, string[]][] = [
    [
      'both framings',
      'length_and_encoding',
      ['POST / HTTP/1.1', HOST, 'Content-Length: 5', 'Transfer-Encoding: chunked', '', '0', '', ''],
    ],
    [
      'Transfer-Encoding on HTTP/1.0',
      'bad_transfer_encoding',
      ['POST / HTTP/1.0', HOST, 'Transfer-Encoding: chunked', '', '0', '', ''],
    ],
    [
      'two equal Content-Lengths',
      'bad_content_length',
      ['POST / HTTP/1.1', HOST, 'Content-Length: 5', 'Content-Length: 5', '', 'hello'],
    ],
    [
      'a list as Content-Length',
      'bad_content_length',
      ['POST / HTTP/1.1', HOST, 'Content-Length: 5, 5', '', 'hello'],
    ],
    [
      'a signed Content-Length',
      'bad_content_length',
      ['POST / HTTP/1.1', HOST, 'Content-Length: +5', '', 'hello'],
    ],
    [
      'a hexadecimal Content-Length',
      'bad_content_length',
      ['POST / HTTP/1.1', HOST, 'Content-Length: 0x5', '', 'hello'],
    ],
    [
      'an endless Content-Length',
      'bad_content_length',
      ['POST / HTTP/1.1', HOST, 'Content-Length: 9999999999999999', '', 'hello'],
    ],
    [
      'an empty Content-Length',
      'bad_content_length',
      ['POST / HTTP/1.1', HOST, 'Content-Length:', '', 'hello'],
    ],
    [
      'another coding',
      'bad_transfer_encoding',
      ['POST / HTTP/1.1', HOST, 'Transfer-Encoding: gzip, chunked', '', '0', '', ''],
    ],
    [
      'chunked twice',
      'bad_transfer_encoding',
      ['POST / HTTP/1.1', HOST, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked', '', '0', '', ''],
    ],
    [
      'a parameter of chunked',
      'bad_transfer_encoding',
      ['POST / HTTP/1.1', HOST, 'Transfer-Encoding: chunked;q=1', '', '0', '', ''],
    ],
    [
      'a hidden coding',
      'bad_field',
      ['POST / HTTP/1.1', HOST, 'Transfer-Encoding: \x0bchunked', '', '0', '', ''],
    ],
    ['a space before the colon', 'bad_field', ['POST / HTTP/1.1', HOST, 'Content-Length : 5', '', 'hello']],
    ['a folded line', 'bad_field', ['GET / HTTP/1.1', HOST, 'X-A: b', ' c', '', '']],
    [
      'a folded line with a colon',
      'bad_field',
      ['GET / HTTP/1.1', HOST, 'X-A: b', ' Content-Length: 5', '', ''],
    ],
    [
      'Transfer-Encoding with an underscore',
      'bad_field',
      ['POST / HTTP/1.1', HOST, 'Transfer_Encoding: chunked', '', ''],
    ],
    [
      'Content-Length with an underscore',
      'bad_field',
      ['POST / HTTP/1.1', HOST, 'Content_Length: 5', '', ''],
    ],
    ['an empty field name', 'bad_field', ['GET / HTTP/1.1', HOST, ': b', '', '']],
    ['a line without a colon', 'bad_field', ['GET / HTTP/1.1', HOST, 'X-A', '', '']],
    ['a null byte in a value', 'bad_field', ['GET / HTTP/1.1', HOST, 'X-A: b\0c', '', '']],
    [
      'a lone carriage return in a value',
      'bad_field',
      ['GET / HTTP/1.1', HOST, 'X-A: b\rContent-Length: 5', '', ''],
    ],
    ['a lone line feed', 'bare_lf', ['GET / HTTP/1.1', HOST, 'X-A: b\nContent-Length: 5', '', '']],
    ['line feeds only', 'bare_lf', ['GET / HTTP/1.1\nHost: a.example\n\n']],
    ['no Host', 'bad_host', ['GET / HTTP/1.1', '', '']],
    ['an empty Host', 'bad_host', ['GET / HTTP/1.1', 'Host:', '', '']],
    ['two Hosts', 'bad_host', ['GET / HTTP/1.1', HOST, HOST, '', '']],
    ['an absolute target of another host', 'bad_target', ['GET http://b.example/ HTTP/1.1', HOST, '', '']],
    ['an absolute target with user info', 'bad_target', ['GET http://x@a.example/ HTTP/1.1', HOST, '', '']],
    ['an absolute target without a path', 'bad_target', ['GET http://a.example HTTP/1.1', HOST, '', '']],
    ['another scheme', 'bad_target', ['GET ftp://a.example/ HTTP/1.1', HOST, '', '']],
    ['a relative target', 'bad_target', ['GET path HTTP/1.1', HOST, '', '']],
    ['an asterisk that is not OPTIONS', 'bad_target', ['GET * HTTP/1.1', HOST, '', '']],
    ['a fragment', 'bad_target', ['GET /#a HTTP/1.1', HOST, '', '']],
    ['a space in the target', 'bad_target', ['GET /a b HTTP/1.1', HOST, '', '']],
    ['a tab in the request line', 'bad_request_line', ['GET\t/\tHTTP/1.1', HOST, '', '']],
    ['a raw byte in the target', 'bad_target', ['GET /\xe9 HTTP/1.1', HOST, '', '']],
    ['HTTP/0.9', 'bad_request_line', ['GET /', HOST, '', '']],
    ['a version to come', 'bad_version', ['GET / HTTP/1.2', HOST, '', '']],
    ['the preface of HTTP/2', 'bad_version', ['PRI * HTTP/2.0', '', 'SM', '', '']],
    ['a lower-case version', 'bad_request_line', ['GET / http/1.1', HOST, '', '']],
    ['a method that is no token', 'bad_method', ['G(T / HTTP/1.1', HOST, '', '']],
    ['CONNECT', 'method_not_served', ['CONNECT /a.example:443 HTTP/1.1', HOST, '', '']],
    ['PRI', 'method_not_served', ['PRI / HTTP/1.1', HOST, '', '']],
    ['TRACE', 'method_not_served', ['TRACE / HTTP/1.1', HOST, '', '']],
    ['an expectation nobody knows', 'bad_expectation', ['GET / HTTP/1.1', HOST, 'Expect: 200-ok', '', '']],
    [
      'Transfer-Encoding as hop-by-hop',
      'bad_connection',
      [
        'POST / HTTP/1.1',
        HOST,
        'Connection: transfer-encoding',
        'Transfer-Encoding: chunked',
        '',
        '0',
        '',
        '',
      ],
    ],
    [
      'Content-Length as hop-by-hop',
      'bad_connection',
      ['POST / HTTP/1.1', HOST, 'Connection: close, Content-Length', 'Content-Length: 5', '', 'hello'],
    ],
    ['Host as hop-by-hop', 'bad_connection', ['GET / HTTP/1.1', HOST, 'Connection: host', '', '']],
    [
      'a Connection option that is no token',
      'bad_connection',
      ['GET / HTTP/1.1', HOST, 'Connection: "close"', '', ''],
    ],
    [
      'too many fields',
      'too_many_fields',
      ['GET / HTTP/1.1', HOST, ...Array<string>(128).fill('a: b'), '', ''],
    ],
    ['a head without end', 'head_too_large', ['GET / HTTP/1.1', HOST, `X-A: ${'a'.repeat(17_000)}`]],
  ];
  test.each(corpus)('%s', (_name, fault, lines) => {
    expect(read(...lines).rest).toEqual({ fault });
  });

  const chunked = (...lines: string[]) =>
    read('POST / HTTP/1.1', HOST, 'Transfer-Encoding: chunked', '', ...lines);
  test.each([
    ['an extension', ['5;a=b', 'hello', '0', '', '']],
    ['a space after the size', ['5 ', 'hello', '0', '', '']],
    ['a sign', ['+5', 'hello', '0', '', '']],
    ['a prefix', ['0x5', 'hello', '0', '', '']],
    ['an empty size', ['', 'hello', '0', '', '']],
    ['a size beyond 32 bits', ['100000000', 'hello']],
    ['too many zeros', ['000000005', 'hello', '0', '', '']],
    ['data longer than its size', ['4', 'hello', '0', '', '']],
    ['a bare line feed after the size', ['5\nhello', '0', '', '']],
    ['a letter that is no digit', ['g', 'hello', '0', '', '']],
  ])('a chunk with %s', (_name, lines) => {
    expect(chunked(...lines).rest).toEqual({ fault: 'bad_chunk' });
  });

  test('a trailer with a bare line feed', () => {
    expect(chunked('0', 'X: a\nb', '', '').rest).toEqual({ fault: 'bare_lf' });
  });
});

describe('what is accepted', () => {
  test('pipelined requests of every framing, told apart', () => {
    const { requests, rest } = read(
      'GET /1 HTTP/1.1',
      HOST,
      '',
      'POST /2 HTTP/1.1',
      HOST,
      'Content-Length: 5',
      '',
      'helloPOST /3 HTTP/1.1',
      HOST,
      'Transfer-Encoding: Chunked',
      '',
      '3',
      'abc',
      '2',
      'de',
      '0',
      'X-Trailer: dropped',
      '',
      'DELETE /4 HTTP/1.1',
      HOST,
      '',
      '',
    );
    expect(rest).toBe('nothing');
    expect(requests.map(({ head, body }) => [head.method, head.target, body])).toEqual([
      ['GET', '/1', ''],
      ['POST', '/2', 'hello'],
      ['POST', '/3', 'abcde'],
      ['DELETE', '/4', ''],
    ]);
  });

  const one = (...lines: string[]) => read(...lines).requests[0]?.head;

  test('one empty line before a request, as old clients send', () => {
    expect(one('', 'GET / HTTP/1.1', HOST, '', '')?.target).toBe('/');
    expect(read('', '', 'GET / HTTP/1.1', HOST, '', '').rest).toEqual({ fault: 'bad_request_line' });
  });

  test('an absolute target that agrees with Host', () => {
    expect(one('GET https://A.example/p?q HTTP/1.1', HOST, '', '')).toMatchObject({
      target: '/p?q',
      scheme: 'https',
    });
  });

  test('OPTIONS *', () => {
    expect(one('OPTIONS * HTTP/1.1', HOST, '', '')).toMatchObject({ method: 'OPTIONS', target: '*' });
  });

  test('hop-by-hop fields, named or known, are parsed out', () => {
    const head = one(
      'GET / HTTP/1.1',
      HOST,
      'Connection: X-Own, keep-alive',
      'X-Own: 1',
      'TE: trailers',
      'Keep-Alive: 5',
      'X-Kept: 2',
      '',
      '',
    );
    expect(head?.fields.map(({ name }) => name)).toEqual(['X-Kept']);
    expect(head?.persistent).toBe(true);
  });

  const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
  const handshake = ['Connection: keep-alive, Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Key: ${KEY}`];
  test('a WebSocket handshake', () => {
    expect(one('GET / HTTP/1.1', HOST, ...handshake, '', '')?.webSocketKey).toBe(KEY);
  });
  test.each([
    ['a POST', ['POST / HTTP/1.1', HOST, ...handshake, '', '']],
    ['a GET with a body', ['GET / HTTP/1.1', HOST, ...handshake, 'Content-Length: 0', '', '']],
    ['HTTP/1.0', ['GET / HTTP/1.0', HOST, ...handshake, '', '']],
    [
      'another protocol',
      ['GET / HTTP/1.1', HOST, 'Connection: Upgrade', 'Upgrade: h2c', `Sec-WebSocket-Key: ${KEY}`, '', ''],
    ],
    ['one of two protocols', ['GET / HTTP/1.1', HOST, ...handshake, 'Upgrade: h2c', '', '']],
    [
      'an Upgrade that Connection does not name',
      ['GET / HTTP/1.1', HOST, 'Upgrade: websocket', `Sec-WebSocket-Key: ${KEY}`, '', ''],
    ],
    ['no key', ['GET / HTTP/1.1', HOST, 'Connection: Upgrade', 'Upgrade: websocket', '', '']],
  ])('%s is no WebSocket handshake', (_name, lines) => {
    expect(one(...lines)).toMatchObject({ webSocketKey: undefined });
  });
});

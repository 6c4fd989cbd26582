import { parseResponseHead } from './response-head.js';

const parse = (lines: string[], method = 'GET') => parseResponseHead([...lines, '', ''].join('\r\n'), method);

describe('framing of a response (RFC 9112 §6.3)', () => {
  test.each([
    ['HEAD', 'HTTP/1.1 200 OK', { kind: 'none' }, 7],
    ['GET', 'HTTP/1.1 304 Not Modified', { kind: 'none' }, 7],
    ['GET', 'HTTP/1.1 204 No Content', { kind: 'none' }, undefined],
    ['GET', 'HTTP/1.1 100 Continue', { kind: 'none' }, undefined],
    ['GET', 'HTTP/1.1 200 OK', { kind: 'length', length: 7 }, undefined],
  ])('%s → %s', (method, line, framing, announcedLength) => {
    expect(parse([line, 'Content-Length: 7'], method)).toMatchObject({ framing, announcedLength });
  });

  test('a body without framing ends with the connection, which is then spent', () => {
    expect(parse(['HTTP/1.1 200 OK'])).toMatchObject({ framing: { kind: 'until-close' }, persistent: false });
  });

  test('a 204 that announces a body spends its connection', () => {
    expect(parse(['HTTP/1.1 204 No Content', 'Content-Length: 7']).persistent).toBe(false);
  });

  test('an empty reason, with and without its space', () => {
    expect(parse(['HTTP/1.1 200 ']).reason).toBe('');
    expect(parse(['HTTP/1.1 200']).reason).toBe('');
  });

  test('what a backend says of its patience', () => {
    expect(parse(['HTTP/1.1 200 OK', 'Keep-Alive: max=9, timeout=5']).keepAliveSeconds).toBe(5);
  });
});

test.each([
  ['both framings', ['HTTP/1.1 200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked']],
  ['two Content-Lengths', ['HTTP/1.1 200 OK', 'Content-Length: 5', 'Content-Length: 5']],
  ['another coding', ['HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, chunked']],
  ['chunked on HTTP/1.0', ['HTTP/1.0 200 OK', 'Transfer-Encoding: chunked']],
  ['another version', ['HTTP/2 200 OK']],
  ['a status of four digits', ['HTTP/1.1 2000 OK']],
  ['a status out of range', ['HTTP/1.1 600 Odd']],
  ['a control character in the reason', ['HTTP/1.1 200 O\0K']],
  ['a folded line', ['HTTP/1.1 200 OK', 'A: b', ' c']],
  ['a space before a colon', ['HTTP/1.1 200 OK', 'A : b']],
])('a response with %s is refused', (_name, lines) => {
  expect(() => parse(lines)).toThrow('refused');
});

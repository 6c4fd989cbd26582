import { parseJson } from './json.js';

it('gives what a text or its bytes say, and undefined where that is no JSON', () => {
  expect(parseJson('{"a":["ü",null]}')).toEqual({ a: ['ü', null] });
  expect(parseJson(Buffer.from('xx{"a":"ü"}').subarray(2))).toEqual({ a: 'ü' });
  expect(parseJson('null')).toBeNull();
  for (const none of ['', '{', '{"a":1}x', 'undefined', Buffer.from([0xff, 0xfe])])
    expect(parseJson(none)).toBeUndefined();
});

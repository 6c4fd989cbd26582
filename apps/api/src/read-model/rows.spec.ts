import { describe, expect, it } from '@jest/globals';
import { jsonb } from './rows.js';

describe('JSON for Postgres', () => {
  it.each([
    ['NUL', 'a\0b', 'a\uFFFDb'],
    ['the first half of a surrogate pair', 'a\uD83D', 'a\uFFFD'],
    ['the second half alone', '\uDE00b', '\uFFFDb'],
  ])('holds no %s, as deep as it may be', (_what, bad, good) => {
    expect(JSON.parse(jsonb([{ message: { text: bad } }]))).toEqual([{ message: { text: good } }]);
  });

  it.each(['plain', '\\u0000', 'whole \u{1F600}', '"quoted"\n'])('leaves %j as it is', (text) => {
    expect(JSON.parse(jsonb({ text }))).toEqual({ text });
  });
});

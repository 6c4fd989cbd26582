import fc from 'fast-check';
import { splitCommand } from './split-command.js';

it.each<[string, string[] | null]>([
  ['ls -l /', ['ls', '-l', '/']],
  ['  ls\t -l\n', ['ls', '-l']],
  [`echo "a b" 'c d' e\\ f`, ['echo', 'a b', 'c d', 'e f']],
  [`a"b"'c'`, ['abc']],
  [`'' ""`, ['', '']],
  [`"a\\"b\\n" 'a\\b'`, ['a"b\\n', 'a\\b']],
  ['$HOME `id` ; rm * > x', ['$HOME', '`id`', ';', 'rm', '*', '>', 'x']],
  ['', []],
  ['"open', null],
  ["it's", null],
  ['end\\', ['end\\']],
])('reads %j', (text, words) => {
  expect(splitCommand(text)).toEqual(words);
});

it('gives any words back that were quoted', () => {
  const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      expect(splitCommand(words.map(quoted).join(' '))).toEqual(words);
    }),
  );
});

it('answers any text', () => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(splitCommand(text) ?? [])));
});

const TOKEN = 1;
const FIELD = 2;
const TARGET = 4;
const DIGIT = 8;

/** What each byte may be part of: one table look-up per byte instead of regular expressions. */
const classes = new Uint8Array(256);

const allow = (bit: number, characters: Iterable<number>) => {
  for (const code of characters) classes[code] = (classes[code] ?? 0) | bit;
};
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const codes = (text: string) => Array.from(text, (character) => character.charCodeAt(0));

/** RFC 9110 §5.6.2 */
allow(TOKEN, codes("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"));
/** RFC 9110 §5.5: visible characters, obs-text, space and tab; no other control character. */
allow(FIELD, [0x09, ...range(0x20, 0x7e), ...range(0x80, 0xff)]);
/** Visible ASCII without `#`: browsers send more than RFC 3986 allows, none of it ambiguous. */
allow(
  TARGET,
  range(0x21, 0x7e).filter((code) => code !== 0x23),
);
allow(DIGIT, range(0x30, 0x39));

const every = (bit: number, text: string, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (((classes[text.charCodeAt(at)] ?? 0) & bit) === 0) return false;
  return true;
};

export const isToken = (text: string): boolean => text.length > 0 && every(TOKEN, text, 0, text.length);
export const isFieldValue = (text: string): boolean => every(FIELD, text, 0, text.length);
export const isTarget = (text: string): boolean => text.length > 0 && every(TARGET, text, 0, text.length);
export const isDigits = (text: string): boolean => text.length > 0 && every(DIGIT, text, 0, text.length);

const isBlank = (code: number) => code === 0x20 || code === 0x09;

/** `text[from..to)` without optional white space (RFC 9110 §5.6.3) around it. */
export function trimmed(text: string, from: number, to: number): string {
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

import { isFieldValue, isToken, trimmed } from './characters.js';
import { HttpSyntaxError } from './syntax-error.js';

export interface Field {
  /** As it was sent; `lower` is what it is compared by. */
  readonly name: string;
  readonly lower: string;
  readonly value: string;
}

export const field = (name: string, value: string): Field => ({ name, lower: name.toLowerCase(), value });

const MAX_FIELDS = 128;

/**
 * Reads field lines (RFC 9112 §5) of a collected head from offset `from` to its empty line. A folded line, white space
 * before the colon, an empty name and control characters are refused.
 */
export function parseFields(text: string, from: number): Field[] {
  const fields: Field[] = [];
  for (let at = from; ;) {
    const end = text.indexOf('\r\n', at);
    if (end === at) return fields;
    if (fields.length === MAX_FIELDS) throw new HttpSyntaxError('too_many_fields');
    const colon = text.indexOf(':', at);
    if (colon < 0 || colon > end) throw new HttpSyntaxError('bad_field');
    const name = text.slice(at, colon);
    const value = trimmed(text, colon + 1, end);
    if (!isToken(name) || !isFieldValue(value)) throw new HttpSyntaxError('bad_field');
    fields.push(field(name, value));
    at = end + 2;
  }
}

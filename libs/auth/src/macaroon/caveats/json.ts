import type { Macaroon } from '../macaroon.js';
import type { Json } from './shape.js';
import { vocabulary } from './vocabulary.js';

/** What existing tools show of a token: where it counts, and what it says. */
export const tokenJson = ({ location, caveats }: Macaroon): Json => ({
  location,
  caveats: vocabulary.json(caveats),
});

/** Whole numbers of 64 bits as they are, which `JSON.stringify` can't. */
export function printJson(value: Json, indent = ''): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  const [open, close, parts] = Array.isArray(value)
    ? ['[', ']', value.map((each: Json) => printJson(each, deeper))]
    : [
        '{',
        '}',
        Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${printJson(each, deeper)}`),
      ];
  if (parts.length === 0) return `${open}${close}`;
  return `${open}\n${deeper}${parts.join(`,\n${deeper}`)}\n${indent}${close}`;
}

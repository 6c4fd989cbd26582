import { credentialsIn } from '../authorization-header.js';
import { MacaroonError } from './error.js';
import { decode, encode, type Macaroon } from './macaroon.js';

/** `fm1r_` and `fm1a_` are older names of the same encoding. */
const TOKEN = /^fm(?:1r|1a|2)_([A-Za-z0-9+/]+={0,2})$/;

export const isMacaroon = (text: string): boolean => TOKEN.test(text);

export const textOf = (token: Macaroon): string => `fm2_${encode(token).toString('base64')}`;

/** A token and whatever discharges go with it, as a client sends them. */
export const headerOf = (tokens: readonly Macaroon[]): string => `FlyV1 ${tokens.map(textOf).join(',')}`;

/** One token's text has one encoding: base64 that would decode alike is refused. @throws MacaroonError */
export function parse(text: string): Macaroon {
  const encoded = TOKEN.exec(text)?.[1] ?? '';
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== encoded)
    throw new MacaroonError('malformed', 'no token: fm2_ and base64 are wanted');
  return decode(bytes);
}

/** The tokens of an `Authorization` header; what is none, or can't be read, is left out. */
export function macaroonsIn(header: string | undefined): readonly Macaroon[] {
  return credentialsIn(header)
    .filter(isMacaroon)
    .flatMap((text) => {
      try {
        return parse(text);
      } catch (error) {
        if (error instanceof MacaroonError) return [];
        throw error;
      }
    });
}

import { isDigits } from '../http1/characters.js';

const MAX_HOSTNAME = 253;

/**
 * The lower-case host name of a Host field's value, without its port; undefined for anything but `name[:port]`.
 * Addresses are no names of apps, so brackets aren't understood.
 */
export function hostnameOf(host: string): string | undefined {
  const colon = host.indexOf(':');
  const name = (colon < 0 ? host : host.slice(0, colon)).toLowerCase();
  if (colon >= 0 && !isPort(host.slice(colon + 1))) return undefined;
  return isHostname(name) ? name : undefined;
}

const isPort = (text: string): boolean => text.length <= 5 && isDigits(text) && Number(text) <= 65535;

/** Labels of letters, digits and hyphens, separated by single dots. */
function isHostname(name: string): boolean {
  if (name.length === 0 || name.length > MAX_HOSTNAME) return false;
  let previous = '.';
  for (const character of name) {
    const isDot = character === '.';
    if (!isDot && !isLabelCharacter(character.charCodeAt(0))) return false;
    if (isDot && previous === '.') return false;
    previous = character;
  }
  return previous !== '.';
}

const isLabelCharacter = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d;

import { isDigits } from '../http1/characters.js';

const MAX_HOSTNAME = 253;
const DOT = 0x2e;

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
  let isAfterDot = true;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code === DOT ? isAfterDot : !isLabelCharacter(code)) return false;
    isAfterDot = code === DOT;
  }
  return !isAfterDot;
}

const isLabelCharacter = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d;

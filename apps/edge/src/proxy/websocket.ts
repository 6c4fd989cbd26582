import { createHash } from 'node:crypto';
import type { ResponseHead } from '../http1/response-head.js';

const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * Whether a 101 answers this very handshake (RFC 6455 §4.1). A backend that merely repeats headers it doesn't
 * understand must not get a tunnel: what the client sends through it would be read as requests.
 */
export function acceptsWebSocket({ upgrade, fields }: ResponseHead, key: string): boolean {
  const accepted = fields.filter(({ lower }) => lower === 'sec-websocket-accept');
  return upgrade === 'websocket' && accepted.length === 1 && accepted[0]?.value === acceptFor(key);
}

export const acceptFor = (key: string): string =>
  createHash('sha1')
    .update(key + WEBSOCKET_GUID)
    .digest('base64');

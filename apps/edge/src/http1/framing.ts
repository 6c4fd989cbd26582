import { isDigits, isToken, trimmed } from './characters.js';
import { HttpSyntaxError } from './syntax-error.js';

/** How a message's body is delimited (RFC 9112 §6.3). */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

export const NO_BODY: BodyFraming = { kind: 'none' };
export const CHUNKED: BodyFraming = { kind: 'chunked' };
export const UNTIL_CLOSE: BodyFraming = { kind: 'until-close' };

/** 10^15 - 1 bytes fit a safe integer. */
const MAX_LENGTH_DIGITS = 15;

const NO_OPTIONS: ReadonlySet<string> = new Set();

/** What a head's fields said about its framing and its connection, gathered line by line. Each may be said once. */
export class FramingFields {
  contentLength: number | undefined;
  chunked = false;
  private named: Set<string> | undefined;

  /** What `Connection` said, in lower case. */
  get options(): ReadonlySet<string> {
    return this.named ?? NO_OPTIONS;
  }

  setContentLength(value: string): void {
    if (this.contentLength !== undefined || value.length > MAX_LENGTH_DIGITS || !isDigits(value))
      throw new HttpSyntaxError('bad_content_length');
    this.contentLength = Number(value);
  }

  /** Only `chunked`, once: other codings can't be framed by everybody behind us in the same way. */
  setTransferEncoding(value: string): void {
    if (this.chunked || value.toLowerCase() !== 'chunked') throw new HttpSyntaxError('bad_transfer_encoding');
    this.chunked = true;
  }

  /** A sender can name its own fields as hop-by-hop, but never one that frames or routes. */
  addConnectionOptions(value: string): void {
    for (const option of listItems(value)) {
      if (!isToken(option) || FRAMING_FIELDS.has(option)) throw new HttpSyntaxError('bad_connection');
      this.named ??= new Set();
      this.named.add(option);
    }
  }

  /** Refuses what two parties could frame differently. */
  check(minorVersion: number): void {
    if (!this.chunked) return;
    if (minorVersion === 0) throw new HttpSyntaxError('bad_transfer_encoding');
    if (this.contentLength !== undefined) throw new HttpSyntaxError('length_and_encoding');
  }
}

const FRAMING_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'transfer-encoding',
  'host',
  'expect',
]);

/** Fields that mean one connection only (RFC 9110 §7.6.1), and those that are written anew from what was parsed. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
]);

/** Lower-case items of a comma-separated list; an empty one (`a,,b`) is skipped. */
export function listItems(value: string): string[] {
  const items: string[] = [];
  for (let from = 0; from <= value.length;) {
    const comma = value.indexOf(',', from);
    const end = comma < 0 ? value.length : comma;
    const item = trimmed(value, from, end);
    if (item !== '') items.push(item.toLowerCase());
    from = end + 1;
  }
  return items;
}

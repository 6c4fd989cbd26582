import type { Field } from './fields.js';
import type { BodyFraming } from './framing.js';

/** What goes on the wire as latin1. Every part was parsed or made here; nothing is copied unread. */
export interface RequestLines {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly fields: readonly Field[];
  readonly framing: BodyFraming;
  readonly expectsContinue: boolean;
  readonly isWebSocket: boolean;
}

export function serializeRequest(request: RequestLines): string {
  let text = `${request.method} ${request.target} HTTP/1.1\r\nHost: ${request.host}\r\n`;
  text += fieldLines(request.fields);
  if (request.expectsContinue) text += 'Expect: 100-continue\r\n';
  if (request.isWebSocket) text += 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  return `${text}${framingLines(request.framing)}\r\n`;
}

export interface ResponseLines {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly Field[];
  readonly framing: BodyFraming;
  readonly announcedLength: number | undefined;
  readonly connection: 'keep-alive' | 'close' | 'websocket';
}

/** The status line is always HTTP/1.1 (RFC 9112 §2.3); a body that ends with the connection is sent to HTTP/1.0 only. */
export function serializeResponse(response: ResponseLines): string {
  let text = `HTTP/1.1 ${response.status} ${response.reason}\r\n${fieldLines(response.fields)}`;
  if (response.connection === 'close') text += 'Connection: close\r\n';
  if (response.connection === 'websocket') text += 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  if (response.announcedLength !== undefined) text += `Content-Length: ${response.announcedLength}\r\n`;
  return `${text}${framingLines(response.framing)}\r\n`;
}

/** An interim response (RFC 9110 §15.2) other than 101. */
export const serializeInterim = (status: number, reason: string, fields: readonly Field[]): string =>
  `HTTP/1.1 ${status} ${reason}\r\n${fieldLines(fields)}\r\n`;

function fieldLines(fields: readonly Field[]): string {
  let text = '';
  for (const { name, value } of fields) text += `${name}: ${value}\r\n`;
  return text;
}

function framingLines(framing: BodyFraming): string {
  switch (framing.kind) {
    case 'none':
    case 'until-close':
      return '';
    case 'length':
      return `Content-Length: ${framing.length}\r\n`;
    case 'chunked':
      return 'Transfer-Encoding: chunked\r\n';
  }
}

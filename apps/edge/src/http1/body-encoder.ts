import type { BodyFraming } from './framing.js';

/** Where encoded bytes go, strings as latin1; false asks to wait for room. */
export interface ByteSink {
  write(data: Buffer | string): boolean;
}

/** Writes a piece of payload in a framing; false asks to wait for room. An empty piece would end a chunked body. */
export function writePayload(sink: ByteSink, framing: BodyFraming, payload: Buffer): boolean {
  if (framing.kind !== 'chunked') return sink.write(payload);
  if (payload.length === 0) return true;
  sink.write(`${payload.length.toString(16)}\r\n`);
  sink.write(payload);
  return sink.write('\r\n');
}

/** Ends a body; nothing is left to say in any framing but chunked. */
export function writeEnd(sink: ByteSink, framing: BodyFraming): void {
  if (framing.kind === 'chunked') sink.write('0\r\n\r\n');
}

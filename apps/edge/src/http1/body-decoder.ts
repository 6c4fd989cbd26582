import { parseFields } from './fields.js';
import type { BodyFraming } from './framing.js';
import { HeadCollector } from './head-collector.js';
import { HttpSyntaxError } from './syntax-error.js';

export type Sink = (payload: Buffer) => void;

/** Takes a body out of a connection's bytes, however they arrive. */
export interface BodyDecoder {
  readonly done: boolean;
  /**
   * Takes bytes from `chunk[from..]`, hands payload to `sink` and returns the offset of the first byte not taken:
   * less than the chunk's length only once done. Throws {@link HttpSyntaxError} on invalid chunks.
   */
  push(chunk: Buffer, from: number, sink: Sink): number;
}

export function decoderFor(framing: BodyFraming): BodyDecoder {
  switch (framing.kind) {
    case 'none':
      return new LengthDecoder(0);
    case 'length':
      return new LengthDecoder(framing.length);
    case 'chunked':
      return new ChunkedDecoder();
    case 'until-close':
      return new LengthDecoder(Infinity);
  }
}

class LengthDecoder implements BodyDecoder {
  constructor(private left: number) {}

  get done(): boolean {
    return this.left === 0;
  }

  push(chunk: Buffer, from: number, sink: Sink): number {
    const to = Math.min(chunk.length, from + this.left);
    if (to > from) sink(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
    this.left -= to - from;
    return to;
  }
}

type ChunkedState = 'size' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'done';

const CR = 0x0d;
const LF = 0x0a;
const MAX_SIZE_DIGITS = 8;
const MAX_TRAILER = 8 * 1024;

/**
 * RFC 9112 §7.1. Chunk extensions are refused: nobody needs them, and parsers disagree about where they end.
 * Trailer fields are checked and dropped.
 */
class ChunkedDecoder implements BodyDecoder {
  private state: ChunkedState = 'size';
  private digits = 0;
  private left = 0;
  private readonly trailer = new HeadCollector(MAX_TRAILER);

  get done(): boolean {
    return this.state === 'done';
  }

  push(chunk: Buffer, from: number, sink: Sink): number {
    let at = from;
    while (at < chunk.length && this.state !== 'done') {
      if (this.state === 'data') at = this.takeData(chunk, at, sink);
      else if (this.state === 'trailer') at = this.takeTrailer(chunk, at);
      else this.takeDelimiter(chunk[at++] ?? 0);
    }
    return at;
  }

  private takeData(chunk: Buffer, from: number, sink: Sink): number {
    const to = Math.min(chunk.length, from + this.left);
    sink(chunk.subarray(from, to));
    this.left -= to - from;
    if (this.left === 0) this.state = 'data-cr';
    return to;
  }

  private takeTrailer(chunk: Buffer, from: number): number {
    const to = this.trailer.push(chunk, from);
    const text = this.trailer.take();
    if (text !== undefined) {
      parseFields(text, 0);
      this.state = 'done';
    }
    return to;
  }

  private takeDelimiter(byte: number): void {
    if (this.state === 'size') this.takeSize(byte);
    else if (this.state === 'size-lf') this.expect(byte, LF, this.left === 0 ? 'trailer' : 'data');
    else if (this.state === 'data-cr') this.expect(byte, CR, 'data-lf');
    else {
      this.expect(byte, LF, 'size');
      this.digits = 0;
    }
  }

  private takeSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0 && this.digits < MAX_SIZE_DIGITS) {
      this.left = this.left * 16 + digit;
      this.digits++;
    } else if (byte === CR && this.digits > 0) this.state = 'size-lf';
    else throw new HttpSyntaxError('bad_chunk');
  }

  private expect(byte: number, wanted: number, next: ChunkedState): void {
    if (byte !== wanted) throw new HttpSyntaxError('bad_chunk');
    this.state = next;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

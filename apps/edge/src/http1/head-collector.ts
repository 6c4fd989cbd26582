import { HttpSyntaxError } from './syntax-error.js';

const CR = 0x0d;
const LF = 0x0a;

/**
 * Finds the end of a head (or of a trailer section): the empty line, however the bytes arrive. Holds at most `limit`
 * bytes and refuses a line feed without a carriage return as soon as it is seen.
 */
export class HeadCollector {
  private held: Buffer[] = [];
  private size = 0;
  private lineSize = 0;
  private lastByte = 0;
  private blankLines = 0;
  private complete: string | undefined;

  /** @param leadingBlankLines how many empty lines may stand before the head (RFC 9112 §2.2 asks for one) */
  constructor(
    private readonly limit: number,
    private readonly leadingBlankLines = 0,
  ) {}

  /** Whether a part of a head has arrived, but not all of it. */
  get started(): boolean {
    return this.size > 0 && this.complete === undefined;
  }

  /** Takes bytes from `chunk[from..]` and returns the offset of the first byte not taken. */
  push(chunk: Buffer, from: number): number {
    let start = from;
    for (let at = from; at < chunk.length;) {
      const lf = chunk.indexOf(LF, at);
      if (this.size + (lf < 0 ? chunk.length : lf + 1) - start > this.limit)
        throw new HttpSyntaxError('head_too_large');
      if (lf < 0) break;
      const beforeLf = lf > at ? chunk[lf - 1] : this.lastByte;
      if (beforeLf !== CR) throw new HttpSyntaxError('bare_lf');
      const isBlank = this.lineSize + (lf - at) === 1;
      at = lf + 1;
      this.lineSize = 0;
      this.lastByte = LF;
      if (!isBlank) continue;
      if (this.size + at - start > 2 || this.blankLines === this.leadingBlankLines) {
        this.finish(chunk, start, at);
        return at;
      }
      this.blankLines++;
      this.held = [];
      this.size = 0;
      start = at;
    }
    this.hold(chunk, start);
    return chunk.length;
  }

  /** The collected text, latin1, its empty line included, once it is complete; the collector then starts over. */
  take(): string | undefined {
    const text = this.complete;
    this.complete = undefined;
    return text;
  }

  private finish(chunk: Buffer, from: number, to: number): void {
    const tail = chunk.subarray(from, to);
    this.complete = (this.held.length === 0 ? tail : Buffer.concat([...this.held, tail])).toString('latin1');
    this.held = [];
    this.size = 0;
    this.blankLines = 0;
  }

  private hold(chunk: Buffer, from: number): void {
    if (from === chunk.length) return;
    const lastLf = chunk.lastIndexOf(LF);
    this.lineSize = lastLf >= from ? chunk.length - lastLf - 1 : this.lineSize + chunk.length - from;
    this.lastByte = chunk[chunk.length - 1] ?? 0;
    this.held.push(chunk.subarray(from));
    this.size += chunk.length - from;
  }
}

import { MacaroonError } from '../error.js';

const MAX_DEPTH = 16;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads MessagePack from bytes of strangers. Lengths are believed only as far as bytes follow; what it hands out are views of the
 * bytes given, never copies.
 * @throws MacaroonError `malformed` from every method, for what is not there or is something else.
 */
export class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get position(): number {
    return this.at;
  }

  /** What was read since a position. */
  since(position: number): Buffer {
    return this.bytes.subarray(position, this.at);
  }

  end(): void {
    if (this.at !== this.bytes.length) throw malformed('bytes after the end', this.at);
  }

  /** Whether nil comes next; if so, it is read. */
  nil(): boolean {
    if (this.bytes[this.at] !== 0xc0) return false;
    this.at += 1;
    return true;
  }

  array(): number {
    const tag = this.byte();
    if (tag >= 0x90 && tag <= 0x9f) return this.plausible(tag & 0x0f, 1);
    if (tag === 0xdc) return this.plausible(this.uintOf(2), 1);
    if (tag === 0xdd) return this.plausible(this.uintOf(4), 1);
    throw malformed('no array', this.at);
  }

  map(): number {
    const tag = this.byte();
    if (tag >= 0x80 && tag <= 0x8f) return this.plausible(tag & 0x0f, 2);
    if (tag === 0xde) return this.plausible(this.uintOf(2), 2);
    if (tag === 0xdf) return this.plausible(this.uintOf(4), 2);
    throw malformed('no map', this.at);
  }

  /** An array of exactly so many elements: how structures are written. */
  struct(fields: number): void {
    if (this.array() !== fields) throw malformed(`no structure of ${fields} fields`, this.at);
  }

  int(): bigint {
    const tag = this.byte();
    if (tag <= 0x7f) return BigInt(tag);
    if (tag >= 0xe0) return BigInt(tag - 0x100);
    switch (tag) {
      case 0xcc:
      case 0xcd:
      case 0xce:
        return BigInt(this.uintOf(1 << (tag - 0xcc)));
      case 0xcf:
        return this.take(8).readBigUInt64BE();
      case 0xd0:
      case 0xd1:
      case 0xd2: {
        const size = 1 << (tag - 0xd0);
        return BigInt(this.take(size).readIntBE(0, size));
      }
      case 0xd3:
        return this.take(8).readBigInt64BE();
      default:
        throw malformed('no integer', this.at);
    }
  }

  uint(): bigint {
    const value = this.int();
    if (value < 0n) throw malformed('a negative number', this.at);
    return value;
  }

  bool(): boolean {
    const tag = this.byte();
    if (tag !== 0xc2 && tag !== 0xc3) throw malformed('no boolean', this.at);
    return tag === 0xc3;
  }

  binary(): Buffer {
    const tag = this.byte();
    if (tag < 0xc4 || tag > 0xc6) throw malformed('no binary', this.at);
    return this.take(this.uintOf(1 << (tag - 0xc4)));
  }

  text(): string {
    const tag = this.byte();
    const length = tag >= 0xa0 && tag <= 0xbf ? tag & 0x1f : this.textLength(tag);
    try {
      return utf8.decode(this.take(length));
    } catch (error) {
      if (error instanceof MacaroonError) throw error;
      throw malformed('text that is not UTF-8', this.at);
    }
  }

  /** Passes over one value of any kind. */
  skip(depth = 0): void {
    if (depth > MAX_DEPTH) throw malformed('nested too deeply', this.at);
    const tag = this.byte();
    if (tag <= 0x7f || tag >= 0xe0 || tag === 0xc0 || tag === 0xc2 || tag === 0xc3) return;
    if (tag <= 0x8f) return this.skipAll(2 * (tag & 0x0f), depth);
    if (tag <= 0x9f) return this.skipAll(tag & 0x0f, depth);
    if (tag <= 0xbf) return void this.take(tag & 0x1f);
    this.skipLong(tag, depth);
  }

  private skipLong(tag: number, depth: number): void {
    const fixed = FIXED_SIZES.get(tag);
    if (fixed !== undefined) return void this.take(fixed);
    if (tag >= 0xc4 && tag <= 0xc6) return void this.take(this.uintOf(1 << (tag - 0xc4)));
    if (tag >= 0xc7 && tag <= 0xc9) return void this.take(this.uintOf(1 << (tag - 0xc7)) + 1);
    if (tag >= 0xd9 && tag <= 0xdb) return void this.take(this.uintOf(1 << (tag - 0xd9)));
    if (tag === 0xdc || tag === 0xdd) return this.skipAll(this.uintOf(tag === 0xdc ? 2 : 4), depth);
    if (tag === 0xde || tag === 0xdf) return this.skipAll(2 * this.uintOf(tag === 0xde ? 2 : 4), depth);
    throw malformed('an unknown kind of value', this.at);
  }

  private skipAll(values: number, depth: number): void {
    this.plausible(values, 1);
    for (let left = values; left > 0; left -= 1) this.skip(depth + 1);
  }

  private textLength(tag: number): number {
    if (tag < 0xd9 || tag > 0xdb) throw malformed('no text', this.at);
    return this.uintOf(1 << (tag - 0xd9));
  }

  /** Refuses a count of elements that so few bytes can't hold. */
  private plausible(count: number, bytesEach: number): number {
    if (count * bytesEach > this.bytes.length - this.at) throw malformed('cut short', this.at);
    return count;
  }

  private uintOf(size: number): number {
    return this.take(size).readUIntBE(0, size);
  }

  private byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw malformed('cut short', this.at);
    this.at += 1;
    return byte;
  }

  private take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.bytes.length) throw malformed('cut short', this.at);
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }
}

/** Bytes after the tag: integers, floats and extensions of fixed size. */
const FIXED_SIZES: ReadonlyMap<number, number> = new Map([
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
  [0xd4, 2],
  [0xd5, 3],
  [0xd6, 5],
  [0xd7, 9],
  [0xd8, 17],
]);

const malformed = (what: string, at: number) => new MacaroonError('malformed', `${what}, at byte ${at}`);

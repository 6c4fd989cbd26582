const MAX_UINT64 = 2n ** 64n - 1n;
const MIN_INT64 = -(2n ** 63n);

/** Writes MessagePack in its one shortest form: what is signed must come out the same for everybody. */
export class Writer {
  private readonly chunks: Uint8Array[] = [];

  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** What is encoded already. */
  raw(bytes: Uint8Array): this {
    this.chunks.push(bytes);
    return this;
  }

  array(length: number): this {
    return this.sized(length, 0x90, 15, [0xdc, 0xdd]);
  }

  map(length: number): this {
    return this.sized(length, 0x80, 15, [0xde, 0xdf]);
  }

  /** @throws RangeError beyond 64 bits */
  int(value: bigint): this {
    if (value > MAX_UINT64 || value < MIN_INT64) throw new RangeError('an integer of more than 64 bits');
    if (value >= -32n && value < 128n) return this.raw(Buffer.of(Number(BigInt.asUintN(8, value))));
    return value < 0n ? this.negative(value) : this.positive(value);
  }

  bool(value: boolean): this {
    return this.raw(Buffer.of(value ? 0xc3 : 0xc2));
  }

  binary(value: Uint8Array): this {
    return this.head(value.length, [0xc4, 0xc5, 0xc6]).raw(value);
  }

  text(value: string): this {
    const bytes = Buffer.from(value, 'utf8');
    if (bytes.length < 32) return this.raw(Buffer.of(0xa0 | bytes.length)).raw(bytes);
    return this.head(bytes.length, [0xd9, 0xda, 0xdb]).raw(bytes);
  }

  private positive(value: bigint): this {
    if (value <= 0xffff_ffffn) return this.head(Number(value), [0xcc, 0xcd, 0xce]);
    const bytes = Buffer.alloc(9, 0xcf);
    bytes.writeBigUInt64BE(value, 1);
    return this.raw(bytes);
  }

  private negative(value: bigint): this {
    if (value >= -0x80n) return this.raw(Buffer.of(0xd0, Number(BigInt.asUintN(8, value))));
    const size = value >= -0x8000n ? 2 : value >= -0x8000_0000n ? 4 : 8;
    const bytes = Buffer.alloc(9, size === 2 ? 0xd1 : size === 4 ? 0xd2 : 0xd3);
    bytes.writeBigInt64BE(BigInt.asIntN(64, value << BigInt(64 - 8 * size)), 1);
    return this.raw(bytes.subarray(0, 1 + size));
  }

  private sized(length: number, short: number, most: number, [two, four]: readonly [number, number]): this {
    if (length <= most) return this.raw(Buffer.of(short | length));
    return length <= 0xffff ? this.tagged(two, length, 2) : this.tagged(four, length, 4);
  }

  private head(value: number, [one, two, four]: readonly [number, number, number]): this {
    if (value <= 0xff) return this.tagged(one, value, 1);
    return value <= 0xffff ? this.tagged(two, value, 2) : this.tagged(four, value, 4);
  }

  private tagged(tag: number, value: number, size: number): this {
    const bytes = Buffer.alloc(1 + size, tag);
    bytes.writeUIntBE(value, 1, size);
    return this.raw(bytes);
  }
}

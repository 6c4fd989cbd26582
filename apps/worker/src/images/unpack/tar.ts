import { refused } from '@bulkhead/images';

/** Paths and names are bytes; a string here holds one byte per code unit (latin1), so that none is lost. */
export type ByteString = string;

export interface Timestamp {
  /** Since 1970, possibly negative. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

interface EntryBase {
  readonly path: ByteString;
  /** The twelve permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Timestamp;
  readonly xattrs: ReadonlyMap<ByteString, Uint8Array>;
}

export type TarEntry = EntryBase &
  (
    | { readonly type: 'file'; readonly size: number }
    | { readonly type: 'hardlink'; readonly target: ByteString }
    | { readonly type: 'symlink'; readonly target: ByteString }
    | { readonly type: 'character' | 'block'; readonly major: number; readonly minor: number }
    | { readonly type: 'directory' | 'fifo' }
  );

export interface TarSink {
  /** Followed by `data` calls with `size` bytes altogether where the entry is a file. */
  entry(entry: TarEntry): void;
  data(bytes: Uint8Array): void;
}

const BLOCK = 512;
const MAX_EXTENSION_BYTES = 1024 ** 2;
const MAX_XATTRS = 64;
const NO_EXTENSIONS: Extensions = { xattrs: new Map() };

/** What a PAX header or GNU long name says about the entry that follows it. */
interface Extensions {
  path?: ByteString;
  target?: ByteString;
  size?: number;
  uid?: number;
  gid?: number;
  mtime?: Timestamp;
  readonly xattrs: Map<ByteString, Uint8Array>;
}

type State =
  | { readonly in: 'header' }
  | { readonly in: 'file'; left: number; padding: number }
  | {
      readonly in: 'extension';
      readonly kind: ExtensionKind;
      readonly bytes: Uint8Array;
      filled: number;
      padding: number;
    }
  | { readonly in: 'skip'; left: number }
  | { readonly in: 'end' };
type ExtensionKind = 'pax' | 'path' | 'target';

/**
 * A push parser for tar streams as container tools write them: V7, ustar, PAX (POSIX.1-2017, `pax`) and GNU long
 * names. Holds one header and one bounded extension in memory. Throws `image_layer_invalid` for what is malformed,
 * truncated or of an unsupported kind (sparse files, multi-volume).
 */
export class TarReader {
  private state: State = { in: 'header' };
  private readonly carry = Buffer.alloc(BLOCK);
  private carried = 0;
  private extensions: Extensions = NO_EXTENSIONS;
  private sawZeroBlock = false;

  constructor(private readonly sink: TarSink) {}

  write(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    for (let at = 0; at < bytes.length;) at += this.consume(bytes, at);
  }

  /** To be called after the last byte. The padding of the last file and the end mark may be missing: umoci omits them. */
  end(): void {
    const between = this.state.in === 'header' || this.state.in === 'skip' || this.state.in === 'end';
    if (!between || this.carried > 0 || this.extensions !== NO_EXTENSIONS)
      throw malformed('it ends in the middle of an entry');
  }

  private consume(bytes: Buffer, at: number): number {
    const { state } = this;
    switch (state.in) {
      case 'header':
        return this.consumeHeader(bytes, at);
      case 'file': {
        const taken = Math.min(state.left, bytes.length - at);
        this.sink.data(bytes.subarray(at, at + taken));
        state.left -= taken;
        if (state.left === 0) this.skip(state.padding);
        return taken;
      }
      case 'extension': {
        const taken = bytes.copy(state.bytes, state.filled, at);
        state.filled += taken;
        if (state.filled === state.bytes.length) {
          this.extend(
            state.kind,
            Buffer.from(state.bytes.buffer, state.bytes.byteOffset, state.bytes.length),
          );
          this.skip(state.padding);
        }
        return taken;
      }
      case 'skip': {
        const taken = Math.min(state.left, bytes.length - at);
        state.left -= taken;
        if (state.left === 0) this.state = { in: 'header' };
        return taken;
      }
      case 'end':
        return bytes.length - at;
    }
  }

  private consumeHeader(bytes: Buffer, at: number): number {
    if (this.carried === 0 && bytes.length - at >= BLOCK) {
      this.header(bytes.subarray(at, at + BLOCK));
      return BLOCK;
    }
    const taken = bytes.copy(this.carry, this.carried, at, at + BLOCK - this.carried);
    this.carried += taken;
    if (this.carried === BLOCK) {
      this.carried = 0;
      this.header(this.carry);
    }
    return taken;
  }

  private header(block: Buffer): void {
    if (isZero(block)) {
      if (this.extensions !== NO_EXTENSIONS) throw malformed('an extended header has no entry');
      if (this.sawZeroBlock) this.state = { in: 'end' };
      this.sawZeroBlock = true;
      return;
    }
    if (this.sawZeroBlock) throw malformed('an entry follows the end mark');
    checkSum(block);
    const flag = block.toString('latin1', 156, 157);
    const kind = EXTENSION_KINDS[flag];
    if (kind) return this.beginExtension(kind, sizeField(block));
    if (flag === 'g') return this.skip(padded(bounded(sizeField(block))));
    this.emit(readEntry(block, flag, this.extensions));
  }

  private emit(entry: TarEntry): void {
    this.extensions = NO_EXTENSIONS;
    this.sink.entry(entry);
    if (entry.type === 'file' && entry.size > 0)
      this.state = { in: 'file', left: entry.size, padding: padded(entry.size) - entry.size };
  }

  private beginExtension(kind: ExtensionKind, size: number): void {
    if (this.extensions === NO_EXTENSIONS) this.extensions = { xattrs: new Map() };
    if (size === 0) throw malformed('an extended header is empty');
    this.state = {
      in: 'extension',
      kind,
      bytes: Buffer.alloc(bounded(size)),
      filled: 0,
      padding: padded(size) - size,
    };
  }

  private extend(kind: ExtensionKind, bytes: Buffer): void {
    if (kind === 'pax') readPax(bytes, this.extensions);
    else this.extensions[kind] = untilNul(bytes);
  }

  private skip(left: number): void {
    this.state = left > 0 ? { in: 'skip', left } : { in: 'header' };
  }
}

const EXTENSION_KINDS: Readonly<Record<string, ExtensionKind>> = { x: 'pax', L: 'path', K: 'target' };

function readEntry(block: Buffer, flag: string, extensions: Extensions): TarEntry {
  const path = extensions.path ?? headerPath(block);
  const base = {
    path,
    mode: numberField(block, 100, 8) & 0o7777,
    uid: identity(extensions.uid ?? numberField(block, 108, 8)),
    gid: identity(extensions.gid ?? numberField(block, 116, 8)),
    mtime: extensions.mtime ?? { seconds: numberField(block, 136, 12), nanoseconds: 0 },
    xattrs: extensions.xattrs,
  };
  const target = () => extensions.target ?? untilNul(block.subarray(157, 257));
  switch (flag) {
    case '\0':
    case '0':
    case '7': {
      const size = extensions.size ?? sizeField(block);
      if (flag === '\0' && path.endsWith('/')) return { ...base, type: 'directory' };
      return { ...base, type: 'file', size };
    }
    case '1':
      return { ...base, type: 'hardlink', target: target() };
    case '2':
      return { ...base, type: 'symlink', target: target() };
    case '3':
    case '4':
      return {
        ...base,
        type: flag === '3' ? 'character' : 'block',
        major: numberField(block, 329, 8),
        minor: numberField(block, 337, 8),
      };
    case '5':
      return { ...base, type: 'directory' };
    case '6':
      return { ...base, type: 'fifo' };
    default:
      throw malformed(`${readable(path)} is of type ${JSON.stringify(flag)}, which is not supported`);
  }
}

function headerPath(block: Buffer): ByteString {
  const name = untilNul(block.subarray(0, 100));
  const posix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = posix ? untilNul(block.subarray(345, 500)) : '';
  return prefix ? `${prefix}/${name}` : name;
}

/** Records of the form `<length> <key>=<value>\n`, the length counting itself. */
function readPax(bytes: Buffer, into: Extensions): void {
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const digits = space < 0 ? '' : bytes.toString('latin1', at, Math.min(space, at + 12));
    const end = at + (/^[1-9]\d{0,7}$/.test(digits) ? Number(digits) : NaN);
    const equals = bytes.indexOf(0x3d, space);
    if (!(end <= bytes.length) || !(equals > space && equals < end) || bytes[end - 1] !== 0x0a)
      throw malformed('an extended header has an invalid record');
    applyRecord(bytes.toString('latin1', space + 1, equals), bytes.subarray(equals + 1, end - 1), into);
    at = end;
  }
}

function applyRecord(key: string, bytes: Buffer, into: Extensions): void {
  const text = bytes.toString('latin1');
  if (key.startsWith('GNU.sparse.')) throw malformed('sparse files are not supported');
  if (key.startsWith('SCHILY.xattr.')) {
    if (into.xattrs.size >= MAX_XATTRS)
      throw malformed(`an entry has more than ${MAX_XATTRS} extended attributes`);
    into.xattrs.set(key.slice('SCHILY.xattr.'.length), Uint8Array.from(bytes));
    return;
  }
  switch (key) {
    case 'path':
      into.path = withoutNul(text);
      break;
    case 'linkpath':
      into.target = withoutNul(text);
      break;
    case 'size':
    case 'uid':
    case 'gid':
      into[key] = decimal(text);
      break;
    case 'mtime':
      into.mtime = timestamp(text);
      break;
  }
}

function decimal(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value))
    throw malformed(`an extended header has the number ${JSON.stringify(text.slice(0, 30))}`);
  return value;
}

function timestamp(text: string): Timestamp {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d{1,12})(?:\.(\d{0,30}))?$/.exec(text) ?? [];
  if (whole === '') throw malformed(`an extended header has the time ${JSON.stringify(text.slice(0, 30))}`);
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'));
  if (sign !== '-') return { seconds: Number(whole), nanoseconds };
  return nanoseconds === 0
    ? { seconds: -Number(whole), nanoseconds }
    : { seconds: -Number(whole) - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}

/** Octal, or where that is too small GNU's base 256 (high bit set, big-endian two's complement). */
function numberField(block: Buffer, offset: number, length: number): number {
  const first = block[offset] ?? 0;
  if (first & 0x80) return binaryNumber(block.subarray(offset, offset + length));
  const text = untilNul(block.subarray(offset, offset + length)).trim();
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) throw malformed('a header field is not an octal number');
  return Number.parseInt(text, 8);
}

function binaryNumber(field: Buffer): number {
  const negative = ((field[0] ?? 0) & 0x40) !== 0;
  let value = BigInt((field[0] ?? 0) & 0x7f) - (negative ? 128n : 0n);
  for (const byte of field.subarray(1)) value = value * 256n + BigInt(byte);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw malformed('a header field is too large a number');
  return number;
}

function sizeField(block: Buffer): number {
  const size = numberField(block, 124, 12);
  if (size < 0) throw malformed('an entry has a negative size');
  return size;
}

function identity(id: number): number {
  if (id < 0 || id > 0xffff_ffff) throw malformed(`${id} is no user or group id`);
  return id;
}

/** The sum of all bytes with the checksum's own eight as spaces; old writers summed signed bytes. */
function checkSum(block: Buffer): void {
  let unsigned = 8 * 0x20;
  let high = 0;
  for (let at = 0; at < BLOCK; at += 1) {
    if (at >= 148 && at < 156) continue;
    const byte = block[at] ?? 0;
    unsigned += byte;
    high += byte >> 7;
  }
  const stated = numberField(block, 148, 8);
  if (stated !== unsigned && stated !== unsigned - 256 * high)
    throw malformed('a header has a wrong checksum');
}

function bounded(size: number): number {
  if (size > MAX_EXTENSION_BYTES) throw malformed('an extended header has more than 1 MiB');
  return size;
}

function withoutNul(text: ByteString): ByteString {
  if (text.includes('\0')) throw malformed('a name contains a zero byte');
  return text;
}

function untilNul(field: Buffer): ByteString {
  const nul = field.indexOf(0);
  return field.toString('latin1', 0, nul < 0 ? field.length : nul);
}

const ZERO = Buffer.alloc(BLOCK);
const isZero = (block: Buffer) => block.equals(ZERO);
const padded = (size: number) => Math.ceil(size / BLOCK) * BLOCK;

/** A byte string as an error message shows it. */
export const readable = (bytes: ByteString): string => {
  const text = JSON.stringify(Buffer.from(bytes, 'latin1').toString('utf8'));
  return text.length > 200 ? `${text.slice(0, 200)}…"` : text;
};

const malformed = (why: string) => refused('image_layer_invalid', `A layer is no valid tar stream: ${why}.`);

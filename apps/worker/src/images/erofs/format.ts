import type { ByteString, Timestamp } from '../unpack/tar.js';
import { crc32c } from './crc32c.js';

/**
 * The part of EROFS's on-disk format (Linux 6.1, fs/erofs/erofs_fs.h) that an uncompressed image needs. All numbers
 * are little-endian, all blocks 4 KiB.
 */
export const BLOCK = 4096;
export const INODE_BYTES = 64;
/** Inodes are numbered by their place in the metadata area, in units of this many bytes. */
export const SLOT = 32;
const DIRENT_BYTES = 12;

const MAGIC = 0xe0f5_e1e2;
const SUPERBLOCK_OFFSET = 1024;
const FEATURE_CHECKSUM = 1;
const FEATURE_MTIME = 2;

export interface Superblock {
  readonly uuid: Uint8Array;
  readonly inodes: number;
  /** Of the whole image. */
  readonly blocks: number;
  readonly metadataBlock: number;
  readonly rootSlot: number;
}

/** Block 0: nothing but the superblock, at 1,024. Without it the rest is no file system, so it is written last. */
export function encodeSuperblock({ uuid, inodes, blocks, metadataBlock, rootSlot }: Superblock): Buffer {
  const block = Buffer.alloc(BLOCK);
  const superblock = block.subarray(SUPERBLOCK_OFFSET);
  superblock.writeUInt32LE(MAGIC, 0);
  superblock.writeUInt32LE(FEATURE_CHECKSUM | FEATURE_MTIME, 8);
  superblock.writeUInt8(Math.log2(BLOCK), 12);
  superblock.writeUInt16LE(rootSlot, 14);
  superblock.writeBigUInt64LE(BigInt(inodes), 16);
  superblock.writeUInt32LE(blocks, 36);
  superblock.writeUInt32LE(metadataBlock, 40);
  superblock.set(uuid.subarray(0, 16), 48);
  superblock.writeUInt32LE(crc32c(superblock), 4);
  return block;
}

export const FileType = { Regular: 1, Directory: 2, Character: 3, Block: 4, Fifo: 5, Symlink: 7 } as const;
export type FileType = (typeof FileType)[keyof typeof FileType];

/** `S_IFMT` bits by file type. */
export const FORMAT_BITS: Readonly<Record<FileType, number>> = {
  [FileType.Regular]: 0o100000,
  [FileType.Directory]: 0o040000,
  [FileType.Character]: 0o020000,
  [FileType.Block]: 0o060000,
  [FileType.Fifo]: 0o010000,
  [FileType.Symlink]: 0o120000,
};

export interface InodeRecord {
  readonly type: FileType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Timestamp;
  readonly links: number;
  readonly size: number;
  /** The first block of the data, or a device's number. */
  readonly location: number;
  /** The bytes after the last whole block follow the inode and its attributes (FLAT_INLINE, else FLAT_PLAIN). */
  readonly inline: boolean;
  readonly xattrBytes: number;
}

/** The extended form, `erofs_inode_extended`: the only one with a time of its own. */
export function encodeInode(into: Buffer, at: number, number: number, inode: InodeRecord): void {
  const EXTENDED = 1;
  into.writeUInt16LE(EXTENDED | ((inode.inline ? 2 : 0) << 1), at);
  into.writeUInt16LE(inode.xattrBytes === 0 ? 0 : (inode.xattrBytes - XATTR_HEADER_BYTES) / 4 + 1, at + 2);
  into.writeUInt16LE(FORMAT_BITS[inode.type] | inode.mode, at + 4);
  into.writeBigUInt64LE(BigInt(inode.size), at + 8);
  into.writeUInt32LE(inode.location, at + 16);
  into.writeUInt32LE(number, at + 20);
  into.writeUInt32LE(inode.uid, at + 24);
  into.writeUInt32LE(inode.gid, at + 28);
  into.writeBigInt64LE(BigInt(inode.mtime.seconds), at + 32);
  into.writeUInt32LE(inode.mtime.nanoseconds, at + 40);
  into.writeUInt32LE(inode.links, at + 44);
}

/** The kernel's `new_encode_dev`. */
export const deviceNumber = (major: number, minor: number): number =>
  ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;

const NOTHING = Buffer.alloc(0);
const XATTR_HEADER_BYTES = 12;
const XATTR_ENTRY_BYTES = 4;
const XATTR_PREFIXES: readonly (readonly [prefix: string, index: number])[] = [
  ['user.', 1],
  ['security.', 6],
];

/** An inode's attributes as they follow it: a header, then entries aligned to 4. Empty where there are none. */
export function encodeXattrs(xattrs: ReadonlyMap<string, Uint8Array>): Buffer {
  if (xattrs.size === 0) return NOTHING;
  const entries = [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(encodeXattr);
  return entries.length === 0 ? NOTHING : Buffer.concat([Buffer.alloc(XATTR_HEADER_BYTES), ...entries]);
}

function encodeXattr([name, value]: [string, Uint8Array]): Buffer[] {
  const known = XATTR_PREFIXES.find(([prefix]) => name.startsWith(prefix));
  if (!known) return [];
  const suffix = Buffer.from(name.slice(known[0].length), 'latin1');
  const entry = Buffer.alloc(alignUp(XATTR_ENTRY_BYTES + suffix.length + value.length, 4));
  entry.writeUInt8(suffix.length, 0);
  entry.writeUInt8(known[1], 1);
  entry.writeUInt16LE(value.length, 2);
  entry.set(suffix, XATTR_ENTRY_BYTES);
  entry.set(value, XATTR_ENTRY_BYTES + suffix.length);
  return [entry];
}

/** A name in a directory, `slot` being the inode's number. */
export interface Dirent {
  readonly name: ByteString;
  readonly slot: number;
  readonly type: FileType;
}

/** Deals a directory's entries into blocks that each hold as many as fit; `size` is the directory's. */
export function splitIntoBlocks<T extends { readonly name: ByteString }>(
  entries: readonly T[],
): { blocks: T[][]; size: number } {
  const blocks: T[][] = [];
  let used = BLOCK;
  for (const entry of entries) {
    const bytes = DIRENT_BYTES + entry.name.length;
    if (used + bytes > BLOCK) {
      blocks.push([]);
      used = 0;
    }
    blocks.at(-1)?.push(entry);
    used += bytes;
  }
  return { blocks, size: (blocks.length - 1) * BLOCK + used };
}

/** Fixed records first, then the names they point to; filled up with zeros where another block follows. */
export function encodeDirectoryBlock(entries: readonly Dirent[], padded: boolean): Buffer {
  const namesAt = entries.length * DIRENT_BYTES;
  const names = Buffer.from(entries.map(({ name }) => name).join(''), 'latin1');
  const block = Buffer.alloc(padded ? BLOCK : namesAt + names.length);
  let nameAt = namesAt;
  entries.forEach(({ name, slot, type }, index) => {
    const at = index * DIRENT_BYTES;
    block.writeBigUInt64LE(BigInt(slot), at);
    block.writeUInt16LE(nameAt, at + 8);
    block.writeUInt8(type, at + 10);
    nameAt += name.length;
  });
  block.set(names, namesAt);
  return block;
}

const alignUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

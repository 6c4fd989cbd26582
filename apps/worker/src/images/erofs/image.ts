import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { DirectoryNode } from '../unpack/tree.js';
import { DataWriter, writeFully } from './data-writer.js';
import { BLOCK, encodeSuperblock } from './format.js';
import { layOut } from './metadata.js';

const HASHED_AT_ONCE = 4 * 1024 ** 2;

/** What is needed to recognize the written image again without reading files' bytes. */
export interface WrittenImage {
  readonly bytes: number;
  /** Where directories and inodes begin; they reach to the end. */
  readonly metadataAt: number;
  /** SHA-256 of the superblock's block and the metadata, hex. */
  readonly metadataHash: string;
}

/** Files' bytes come first, behind the block that the superblock will fill. */
export const beginImage = (file: FileHandle): DataWriter => new DataWriter(file, BLOCK);

/**
 * Completes an image whose files' bytes were written by `data`: directories, inodes, and at last the superblock.
 * Everything is on disk when it answers.
 */
export async function finishImage(
  file: FileHandle,
  data: DataWriter,
  root: DirectoryNode,
  uuid: Uint8Array,
): Promise<WrittenImage> {
  const metadataAt = await data.finish();
  const { directories, inodes, rootSlot, count } = await layOut(root, metadataAt / BLOCK);
  const inodesAt = metadataAt + directories.length;
  const bytes = inodesAt + inodes.length;
  const superblock = encodeSuperblock({
    uuid,
    inodes: count,
    blocks: bytes / BLOCK,
    metadataBlock: inodesAt / BLOCK,
    rootSlot,
  });
  await writeFully(file, directories, metadataAt);
  await writeFully(file, inodes, inodesAt);
  await writeFully(file, superblock, 0);
  await file.sync();
  return { bytes, metadataAt, metadataHash: await hashOf([superblock, directories, inodes]) };
}

/** Lets the process do other things between pieces. */
async function hashOf(parts: readonly Buffer[]): Promise<string> {
  const hash = createHash('sha256');
  for (const part of parts)
    for (let at = 0; at < part.length; at += HASHED_AT_ONCE) {
      hash.update(part.subarray(at, at + HASHED_AT_ONCE));
      await setImmediate();
    }
  return hash.digest('hex');
}

/** What `metadataHash` should be, from the file itself. */
export async function readMetadataHash(
  file: FileHandle,
  { metadataAt, bytes }: WrittenImage,
): Promise<string> {
  const hash = createHash('sha256');
  for (const [start, end] of [
    [0, BLOCK],
    [metadataAt, bytes],
  ] as const)
    for await (const chunk of file.createReadStream({
      start,
      end: end - 1,
      autoClose: false,
      highWaterMark: 1024 ** 2,
    }))
      hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

import { setImmediate } from 'node:timers/promises';
import type { ByteString } from '../unpack/tar.js';
import type { DirectoryNode, TreeNode } from '../unpack/tree.js';
import {
  BLOCK,
  deviceNumber,
  encodeDirectoryBlock,
  encodeInode,
  encodeXattrs,
  FileType,
  INODE_BYTES,
  SLOT,
  splitIntoBlocks,
} from './format.js';
import { Shelf } from './shelf.js';

/** Everything of an image but its files' whole blocks, in the order it is written. */
export interface Metadata {
  /** Whole blocks of directories. */
  readonly directories: Buffer;
  readonly inodes: Buffer;
  readonly rootSlot: number;
  readonly count: number;
}

/** A node with the place it gets. */
interface Inode {
  readonly node: TreeNode;
  readonly xattrs: Buffer;
  readonly size: number;
  /** The bytes of its content that directly follow it. */
  readonly inlineBytes: number;
  readonly blocks: readonly (readonly Entry[])[];
  readonly links: number;
}
interface Entry {
  readonly name: ByteString;
  readonly node: TreeNode;
}
interface Place {
  /** From the start of the inode area. */
  readonly offset: number;
  /** From the start of the directory area. */
  readonly block: number;
}

const FILE_TYPES: Readonly<Record<TreeNode['type'], FileType>> = {
  file: FileType.Regular,
  directory: FileType.Directory,
  character: FileType.Character,
  block: FileType.Block,
  fifo: FileType.Fifo,
  symlink: FileType.Symlink,
};

/**
 * Lays out a tree's directories from `firstBlock` on and its inodes behind them: the same tree gives the same bytes.
 * Lets the process do other things every few milliseconds.
 */
export async function layOut(root: DirectoryNode, firstBlock: number): Promise<Metadata> {
  const found: Found[] = [];
  const links = new Map<TreeNode, number>();
  await inTurns(walk(root, links), (each) => found.push(each));
  const inodes: Inode[] = [];
  await inTurns(found, ({ node, entries }) => inodes.push(describe(node, entries, links.get(node) ?? 1)));
  const { places, directoryBlocks, inodeBytes } = await place(inodes);
  const metadata = {
    directories: Buffer.alloc(directoryBlocks * BLOCK),
    inodes: Buffer.alloc(inodeBytes),
    rootSlot: slotOf(places, root),
    count: inodes.length,
  };
  await inTurns(inodes, (inode, index) => write(metadata, places, firstBlock, inode, index + 1));
  return metadata;
}

const TURN = 1000;

async function inTurns<T>(items: Iterable<T>, work: (item: T, index: number) => void): Promise<void> {
  let index = 0;
  for (const item of items) {
    work(item, index++);
    if (index % TURN === 0) await setImmediate();
  }
}

interface Found {
  readonly node: TreeNode;
  readonly entries: readonly Entry[];
}

/** All nodes, each once: a directory before what it holds, names in the order of their bytes. `links` counts who names each. */
function* walk(root: DirectoryNode, links: Map<TreeNode, number>): Generator<Found> {
  const waiting: { node: TreeNode; parent: TreeNode }[] = [{ node: root, parent: root }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, parent } = next;
    const seen = links.get(node) ?? 0;
    links.set(node, seen + 1);
    if (seen > 0) continue;
    const entries = node.type === 'directory' ? entriesOf(node, parent) : [];
    yield { node, entries };
    for (const entry of entries.toReversed())
      if (entry.node !== node && entry.node !== parent) waiting.push({ node: entry.node, parent: node });
  }
}

/** As the kernel's binary search needs them: sorted by bytes, "." and ".." among the names. */
function entriesOf(directory: DirectoryNode, parent: TreeNode): Entry[] {
  const entries = [...directory.children].map(([name, { node }]): Entry => ({ name, node }));
  entries.push({ name: '.', node: directory }, { name: '..', node: parent });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function describe(node: TreeNode, entries: readonly Entry[], links: number): Inode {
  const xattrs = encodeXattrs(node.attributes.xattrs);
  const inode = { node, xattrs, blocks: [], links };
  switch (node.type) {
    case 'file':
      return { ...inode, size: node.content.size, inlineBytes: node.content.tail?.length ?? 0 };
    case 'directory': {
      const { blocks, size } = splitIntoBlocks(entries);
      const subdirectories = entries.filter((entry) => entry.node.type === 'directory').length - 2;
      return { ...inode, size, blocks, inlineBytes: inlineBytes(size, xattrs), links: 2 + subdirectories };
    }
    case 'symlink':
      return { ...inode, size: node.target.length, inlineBytes: inlineBytes(node.target.length, xattrs) };
    case 'character':
    case 'block':
    case 'fifo':
      return { ...inode, size: 0, inlineBytes: 0 };
  }
}

function inlineBytes(size: number, xattrs: Buffer): number {
  const tail = size % BLOCK;
  return INODE_BYTES + xattrs.length + tail <= BLOCK ? tail : 0;
}

async function place(inodes: readonly Inode[]): Promise<{
  places: ReadonlyMap<TreeNode, Place>;
  directoryBlocks: number;
  inodeBytes: number;
}> {
  const shelf = new Shelf();
  shelf.place(SLOT); // inode 0 would be invisible to readdir(3)
  const places = new Map<TreeNode, Place>();
  let block = 0;
  await inTurns(inodes, ({ node, xattrs, size, inlineBytes }) => {
    places.set(node, { offset: shelf.place(INODE_BYTES + xattrs.length + inlineBytes), block });
    if (hasOwnBlocks(node)) block += Math.ceil((size - inlineBytes) / BLOCK);
  });
  return { places, directoryBlocks: block, inodeBytes: shelf.bytes };
}

function write(
  { directories, inodes }: Metadata,
  places: ReadonlyMap<TreeNode, Place>,
  firstBlock: number,
  inode: Inode,
  number: number,
): void {
  const { node, xattrs, size, inlineBytes, links } = inode;
  const { offset, block } = placeOf(places, node);
  encodeInode(inodes, offset, number, {
    ...node.attributes,
    type: FILE_TYPES[node.type],
    links,
    size,
    location: location(node, firstBlock + block),
    inline: inlineBytes > 0,
    xattrBytes: xattrs.length,
  });
  inodes.set(xattrs, offset + INODE_BYTES);
  const bytes = contentBytes(inode, places);
  const whole = bytes.length - inlineBytes;
  directories.set(bytes.subarray(0, whole), block * BLOCK);
  inodes.set(bytes.subarray(whole), offset + INODE_BYTES + xattrs.length);
}

function location(node: TreeNode, block: number): number {
  switch (node.type) {
    case 'file':
      return node.content.block;
    case 'directory':
    case 'symlink':
      return block;
    case 'character':
    case 'block':
      return deviceNumber(node.major, node.minor);
    case 'fifo':
      return 0;
  }
}

/** What of a node's content is written here; a file's whole blocks are in the image already. */
function contentBytes({ node, blocks }: Inode, places: ReadonlyMap<TreeNode, Place>): Uint8Array {
  switch (node.type) {
    case 'file':
      return node.content.tail ?? NOTHING;
    case 'symlink':
      return Buffer.from(node.target, 'latin1');
    case 'directory':
      return Buffer.concat(
        blocks.map((entries, index) => {
          const dirents = entries.map((entry) => ({
            name: entry.name,
            slot: slotOf(places, entry.node),
            type: FILE_TYPES[entry.node.type],
          }));
          return encodeDirectoryBlock(dirents, index < blocks.length - 1);
        }),
      );
    case 'character':
    case 'block':
    case 'fifo':
      return NOTHING;
  }
}

const NOTHING = new Uint8Array(0);
const hasOwnBlocks = ({ type }: TreeNode) => type === 'directory' || type === 'symlink';

function placeOf(places: ReadonlyMap<TreeNode, Place>, node: TreeNode): Place {
  const found = places.get(node);
  if (!found) throw new Error('an inode has no place');
  return found;
}

const slotOf = (places: ReadonlyMap<TreeNode, Place>, node: TreeNode) => placeOf(places, node).offset / SLOT;

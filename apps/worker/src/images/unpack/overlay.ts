import { refused } from '@bulkhead/images';
import { readable, type ByteString, type TarEntry } from './tar.js';
import {
  newDirectory,
  type Attributes,
  type DirectoryNode,
  type FileContent,
  type Link,
  type TreeNode,
} from './tree.js';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const MAX_PATH = 4096;
const MAX_NAME = 255;
const MAX_DEPTH = 128;
const MAX_SYMLINKS = 40;
const MAX_TARGET = 4095;
const MAX_XATTR_BYTES = 2048;
const STEPS_PER_NAME = 100;

/** Layers of one image, laid over each other in memory: no name of theirs ever becomes a path on this host. */
export interface Overlay {
  readonly root: DirectoryNode;
  layer: number;
  /** Names that may still be made, and steps of walks that may still be taken: a small layer can ask for many of both. */
  namesLeft: number;
  stepsLeft: number;
}

export const newOverlay = (maxNames: number): Overlay => ({
  root: newDirectory(),
  layer: 0,
  namesLeft: maxNames,
  stepsLeft: maxNames * STEPS_PER_NAME,
});

/**
 * Applies one entry of the current layer (OCI image-spec `layer.md`, "Applying changesets"). `content` is called
 * where the entry is a file that stays. Symbolic links on the way to an entry are followed inside the image, as a
 * chroot would, since images with /lib -> usr/lib rely on it. Throws `image_layer_unsafe`.
 */
export function applyEntry(
  overlay: Overlay,
  entry: TarEntry,
  content: (size: number, attributes: Attributes) => FileContent,
): void {
  const path = components(entry.path);
  const name = path.pop();
  if (name === undefined) return describeRoot(overlay, entry);
  const parent = makeDirectories(overlay, path);
  if (name.startsWith(WHITEOUT)) return whiteOut(overlay, parent, name, entry);
  put(overlay, parent, name, makeNode(overlay, entry, content));
}

/** The parts of a path an entry or hard link names; none for the root itself. */
function components(path: ByteString): ByteString[] {
  if (path.length > MAX_PATH) throw unsafe(path, `is longer than ${MAX_PATH} bytes`);
  if (path.startsWith('/')) throw unsafe(path, 'is absolute');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path === '' || parts.includes('..')) throw unsafe(path, 'leads out of the image');
  if (parts.length > MAX_DEPTH) throw unsafe(path, `is nested deeper than ${MAX_DEPTH} directories`);
  if (parts.some((part) => part.length > MAX_NAME || part.includes('\0')))
    throw unsafe(path, `has a name of more than ${MAX_NAME} bytes or with a zero byte`);
  return parts;
}

function describeRoot({ root }: Overlay, entry: TarEntry): void {
  if (entry.type !== 'directory') throw unsafe(entry.path, 'replaces the root directory');
  root.attributes = attributesOf(entry);
}

function put(overlay: Overlay, parent: DirectoryNode, name: ByteString, node: TreeNode): void {
  const existing = parent.children.get(name);
  if (existing?.node.type === 'directory' && node.type === 'directory') {
    existing.node.attributes = node.attributes;
    existing.layer = overlay.layer;
  } else link(overlay, parent, name, node);
}

function link(overlay: Overlay, parent: DirectoryNode, name: ByteString, node: TreeNode): Link {
  if (name.startsWith(WHITEOUT)) throw unsafe(name, 'is a whiteout in the place of a directory');
  if ((overlay.namesLeft -= 1) < 0) throw refused('image_too_large', 'The image has too many files.');
  const made = { node, layer: overlay.layer };
  parent.children.set(name, made);
  return made;
}

function makeNode(
  overlay: Overlay,
  entry: TarEntry,
  content: (size: number, attributes: Attributes) => FileContent,
): TreeNode {
  const attributes = attributesOf(entry);
  switch (entry.type) {
    case 'file':
      return { type: 'file', attributes, content: content(entry.size, attributes) };
    case 'hardlink':
      return linked(overlay, entry.target, entry.path);
    case 'symlink':
      return { type: 'symlink', attributes, target: symlinkTarget(entry.target, entry.path) };
    case 'character':
    case 'block':
      return {
        type: entry.type,
        attributes,
        major: device(entry.major, 0xfff),
        minor: device(entry.minor, 0xf_ffff),
      };
    case 'fifo':
      return { type: 'fifo', attributes };
    case 'directory':
      return newDirectory(attributes);
  }
}

/** Whiteouts hide what lower layers have, never what their own layer has. */
function whiteOut({ layer }: Overlay, parent: DirectoryNode, name: ByteString, entry: TarEntry): void {
  if (entry.type === 'file' && entry.size > 0) throw unsafe(entry.path, 'is a whiteout with content');
  if (name === OPAQUE) return hideLower(parent, layer);
  if (name.startsWith(WHITEOUT + WHITEOUT)) return; // aufs' own bookkeeping
  const hidden = name.slice(WHITEOUT.length);
  if (hidden === '' || hidden === '.' || hidden === '..') throw unsafe(entry.path, 'is an invalid whiteout');
  const existing = parent.children.get(hidden);
  if (!existing) return;
  if (existing.layer < layer) parent.children.delete(hidden);
  else if (existing.node.type === 'directory') hideLower(existing.node, layer);
}

function hideLower(directory: DirectoryNode, layer: number): void {
  if (directory.clearedBy === layer) return; // once is enough, and keeps repeated whiteouts cheap
  directory.clearedBy = layer;
  for (const [name, below] of directory.children) {
    if (below.layer < layer) directory.children.delete(name);
    else if (below.node.type === 'directory') hideLower(below.node, layer);
  }
}

/** The directory at a path, made where it is missing; every name on the way now belongs to this layer too. */
function makeDirectories(overlay: Overlay, path: readonly ByteString[]): DirectoryNode {
  return walk(overlay, path, (parent, name) => link(overlay, parent, name, newDirectory()));
}

/** Follows a path from the root; `missing` decides what a name stands for that isn't there. */
function walk(
  overlay: Overlay,
  path: readonly ByteString[],
  missing: (parent: DirectoryNode, name: ByteString) => Link,
): DirectoryNode {
  const { root, layer } = overlay;
  const shown = path.join('/');
  const pending = path.toReversed();
  const entered = [root];
  let followed = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if ((overlay.stepsLeft -= 1) < 0) throw refused('image_too_large', 'The image has too many long paths.');
    const directory = entered.at(-1) ?? root;
    if (name === '..') {
      if (entered.length === 1) throw unsafe(shown, 'leads out of the image through a symbolic link');
      entered.pop();
      continue;
    }
    const next = directory.children.get(name) ?? missing(directory, name);
    if (next.node.type === 'symlink') {
      if ((followed += 1) > MAX_SYMLINKS) throw unsafe(shown, 'goes through too many symbolic links');
      if (next.node.target.startsWith('/')) entered.length = 1;
      pending.push(...targetParts(next.node.target).reverse());
      if (pending.length > MAX_DEPTH) throw unsafe(shown, 'goes through too long a symbolic link');
    } else if (next.node.type === 'directory') {
      next.layer = layer;
      entered.push(next.node);
      if (entered.length > 2 * MAX_DEPTH)
        throw unsafe(shown, `is nested deeper than ${2 * MAX_DEPTH} directories`);
    } else throw unsafe(shown, `goes through ${readable(name)}, which is not a directory`);
  }
  return entered.at(-1) ?? root;
}

const targetParts = (target: ByteString) => target.split('/').filter((part) => part !== '' && part !== '.');

/** The node a hard link names; its last part is not followed, as in link(2). */
function linked(overlay: Overlay, target: ByteString, from: ByteString): TreeNode {
  const path = components(target.replace(/^\/+/, ''));
  const name = path.pop();
  const missing = () => {
    throw unsafe(from, `is a hard link to ${readable(target)}, which does not exist`);
  };
  const node = name === undefined ? overlay.root : walk(overlay, path, missing).children.get(name)?.node;
  if (node === undefined) return missing();
  if (node.type === 'directory') throw unsafe(from, `is a hard link to the directory ${readable(target)}`);
  return node;
}

function symlinkTarget(target: ByteString, path: ByteString): ByteString {
  if (target === '' || target.length > MAX_TARGET || target.includes('\0'))
    throw unsafe(path, 'is a symbolic link with an invalid target');
  return target;
}

function attributesOf({ mode, uid, gid, mtime, xattrs, path }: TarEntry): Attributes {
  const kept = xattrs.size === 0 ? xattrs : new Map([...xattrs].filter(([name]) => isKept(name)));
  let bytes = 0;
  for (const [name, value] of kept) {
    if (name.length > MAX_NAME || name.includes('\0'))
      throw unsafe(path, 'has an extended attribute with an invalid name');
    bytes += name.length + value.length + 8;
  }
  if (bytes > MAX_XATTR_BYTES)
    throw refused(
      'image_too_large',
      `${readable(path)} has more than ${MAX_XATTR_BYTES} bytes of extended attributes.`,
    );
  return { mode, uid, gid, mtime, xattrs: kept };
}

/** `trusted.*` would steer the guest's own overlay file system; ACLs travel in no portable form. */
const isKept = (name: ByteString) => /^(?:user|security)\../s.test(name);

function device(number: number, max: number): number {
  if (number < 0 || number > max)
    throw refused('image_layer_invalid', `A layer has a device with the number ${number}.`);
  return number;
}

const unsafe = (path: ByteString, why: string) =>
  refused('image_layer_unsafe', `A layer's entry ${readable(path)} ${why}.`);

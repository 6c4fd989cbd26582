import type { ByteString, Timestamp } from './tar.js';

/** What every kind of inode has. */
export interface Attributes {
  /** The twelve permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Timestamp;
  readonly xattrs: ReadonlyMap<ByteString, Uint8Array>;
}

/** Where a file's bytes are in the image that is being written. */
export interface FileContent {
  readonly size: number;
  /** The first of the whole blocks. */
  readonly block: number;
  /** The bytes after the last whole block where they are kept beside the inode; else they are a block of their own. */
  readonly tail: Uint8Array | undefined;
}

export interface FileNode {
  readonly type: 'file';
  readonly attributes: Attributes;
  readonly content: FileContent;
}
export interface SymlinkNode {
  readonly type: 'symlink';
  readonly attributes: Attributes;
  readonly target: ByteString;
}
export interface DeviceNode {
  readonly type: 'character' | 'block';
  readonly attributes: Attributes;
  readonly major: number;
  readonly minor: number;
}
export interface FifoNode {
  readonly type: 'fifo';
  readonly attributes: Attributes;
}
export interface DirectoryNode {
  readonly type: 'directory';
  attributes: Attributes;
  readonly children: Map<ByteString, Link>;
  /** The last layer that hid everything lower layers have in here. */
  clearedBy?: number;
}
export type TreeNode = FileNode | SymlinkNode | DeviceNode | FifoNode | DirectoryNode;

/** A name in a directory. Several links to one node are hard links. */
export interface Link {
  readonly node: TreeNode;
  /** The number of the layer that last wrote this name or something below it. */
  layer: number;
}

const IMPLICIT: Attributes = {
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: { seconds: 0, nanoseconds: 0 },
  xattrs: new Map(),
};

/** For the root, and for parents that no layer has an entry of. */
export const newDirectory = (attributes: Attributes = IMPLICIT): DirectoryNode => ({
  type: 'directory',
  attributes,
  children: new Map(),
});

import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * The Merkle tree of RFC 6962 section 2.1, over leaves numbered from 0. Level 0 holds leaf hashes; node (level, index) is the root
 * of the complete subtree over leaves [index·2^level, (index+1)·2^level). Only complete subtrees are ever stored: they never
 * change once written.
 */
export type Hash = Buffer;

export interface NodeKey {
  readonly level: number;
  readonly index: number;
}

export interface Node extends NodeKey {
  readonly hash: Hash;
}

/** Looks up a stored node; must throw where it isn't there. */
export type NodeReader = (key: NodeKey) => Hash;

export const HASH_BYTES = 32;

const LEAF = Buffer.from([0]);
const INNER = Buffer.from([1]);

export const leafHash = (data: Uint8Array): Hash => createHash('sha256').update(LEAF).update(data).digest();
export const innerHash = (left: Hash, right: Hash): Hash =>
  createHash('sha256').update(INNER).update(left).update(right).digest();
export const EMPTY_ROOT: Hash = createHash('sha256').digest();

/** The roots of the complete subtrees that a tree of `size` leaves consists of, largest first. */
export function frontier(size: number): NodeKey[] {
  const keys: NodeKey[] = [];
  let begin = 0;
  for (let level = Math.floor(Math.log2(Math.max(size, 1))); level >= 0; level -= 1) {
    const width = 2 ** level;
    if (begin + width > size) continue;
    keys.push({ level, index: begin / width });
    begin += width;
  }
  return keys;
}

/**
 * Appends leaf hashes to a tree of `size` leaves.
 * @param read must know the nodes of `frontier(size)`.
 * @returns every node that became complete, in the order of completion.
 */
export function append(size: number, leaves: readonly Hash[], read: NodeReader): Node[] {
  const made: Node[] = [];
  const stack: Node[] = frontier(size).map((key) => ({ ...key, hash: read(key) }));
  leaves.forEach((hash, offset) => {
    let node: Node = { level: 0, index: size + offset, hash };
    made.push(node);
    for (let left = stack.at(-1); left && left.level === node.level; left = stack.at(-1)) {
      stack.pop();
      node = { level: node.level + 1, index: left.index / 2, hash: innerHash(left.hash, node.hash) };
      made.push(node);
    }
    stack.push(node);
  });
  return made;
}

/** MTH(D[begin:end]): the hash over a run of leaves that begins at a multiple of the largest power of two in it. */
export function rangeHash(begin: number, end: number, read: NodeReader): Hash {
  const size = end - begin;
  if (size === 0) return EMPTY_ROOT;
  const level = Math.log2(size);
  if (Number.isInteger(level)) return read({ level, index: begin / size });
  const split = begin + largestPowerBelow(size);
  return innerHash(rangeHash(begin, split, read), rangeHash(split, end, read));
}

export const root = (size: number, read: NodeReader): Hash => rangeHash(0, size, read);

/** PATH(index, D[size]), RFC 6962 section 2.1.1: from the leaf's sibling up. */
export function inclusionProof(index: number, size: number, read: NodeReader): Hash[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`leaf ${index} is not in a tree of ${size}`);
  const path = (begin: number, end: number): Hash[] => {
    if (end - begin === 1) return [];
    const split = begin + largestPowerBelow(end - begin);
    return index < split
      ? [...path(begin, split), rangeHash(split, end, read)]
      : [...path(split, end), rangeHash(begin, split, read)];
  };
  return path(0, size);
}

/** PROOF(from, D[to]), RFC 6962 section 2.1.2: that the first `from` leaves of both trees are the same. */
export function consistencyProof(from: number, to: number, read: NodeReader): Hash[] {
  if (!(from >= 0 && from <= to)) throw new RangeError(`a tree of ${from} is no beginning of one of ${to}`);
  const proof = (begin: number, end: number, known: boolean): Hash[] => {
    if (from === end) return known ? [] : [rangeHash(begin, end, read)];
    const split = begin + largestPowerBelow(end - begin);
    return from <= split
      ? [...proof(begin, split, known), rangeHash(split, end, read)]
      : [...proof(split, end, false), rangeHash(begin, split, read)];
  };
  return from === 0 || from === to ? [] : proof(0, to, true);
}

/** RFC 9162 section 2.1.3.2. */
export function verifyInclusion(
  leaf: Hash,
  index: number,
  size: number,
  proof: readonly Hash[],
  expectedRoot: Hash,
): boolean {
  if (!isTreePosition(index, size)) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = innerHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else hash = innerHash(hash, sibling);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && sameHash(hash, expectedRoot);
}

/** RFC 9162 section 2.1.4.2. */
export function verifyConsistency(
  from: number,
  to: number,
  fromRoot: Hash,
  toRoot: Hash,
  proof: readonly Hash[],
): boolean {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || from > to) return false;
  if (from === to) return proof.length === 0 && sameHash(fromRoot, toRoot);
  if (from === 0) return proof.length === 0;
  const steps = Number.isInteger(Math.log2(from)) ? [fromRoot, ...proof] : [...proof];
  const first = steps.shift();
  if (!first) return false;
  let [node, last] = [from - 1, to - 1];
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  let [older, newer] = [first, first];
  for (const step of steps) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      older = innerHash(step, older);
      newer = innerHash(step, newer);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else newer = innerHash(newer, step);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && sameHash(older, fromRoot) && sameHash(newer, toRoot);
}

const isTreePosition = (index: number, size: number): boolean =>
  Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size;

const sameHash = (a: Hash, b: Hash): boolean => a.length === b.length && timingSafeEqual(a, b);

/** The largest power of two smaller than n, for n ≥ 2. */
const largestPowerBelow = (n: number): number => 2 ** (Math.ceil(Math.log2(n)) - 1);

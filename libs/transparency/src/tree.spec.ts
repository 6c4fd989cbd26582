import fc from 'fast-check';
import {
  append,
  consistencyProof,
  EMPTY_ROOT,
  inclusionProof,
  innerHash,
  leafHash,
  root,
  verifyConsistency,
  verifyInclusion,
  type Hash,
  type NodeReader,
} from './tree.js';

/** The definition of RFC 6962 section 2.1, word for word, as the oracle. */
function definition(leaves: readonly Buffer[]): Hash {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leafHash(leaves[0]!);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return innerHash(definition(leaves.slice(0, k)), definition(leaves.slice(k)));
}

const data = (count: number) => Array.from({ length: count }, (_, n) => Buffer.from(`entry ${n}`));

function storeOf(batches: readonly Buffer[][]): { read: NodeReader; size: number } {
  const nodes = new Map<string, Hash>();
  const read: NodeReader = ({ level, index }) => {
    const hash = nodes.get(`${level}/${index}`);
    if (!hash) throw new Error(`node ${level}/${index} was never stored`);
    return hash;
  };
  let size = 0;
  for (const batch of batches) {
    for (const node of append(size, batch.map(leafHash), read))
      nodes.set(`${node.level}/${node.index}`, node.hash);
    size += batch.length;
  }
  return { read, size };
}

describe('Merkle tree', () => {
  // Roots published with the reference implementation's tests (certificate-transparency, merkle_tree_test).
  const LEAVES = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ].map((hex) => Buffer.from(hex, 'hex'));
  const ROOTS = [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];

  it('has the roots that certificate transparency publishes', () => {
    ROOTS.forEach((expected, last) => {
      const { read, size } = storeOf([LEAVES.slice(0, last + 1)]);
      expect(root(size, read).toString('hex')).toBe(expected);
    });
  });

  it('is the definition, however the leaves came in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 17 }), { maxLength: 8 }), (sizes) => {
        const all = data(sizes.reduce((sum, n) => sum + n, 0));
        let at = 0;
        const { read, size } = storeOf(sizes.map((n) => all.slice(at, (at += n))));
        expect(root(size, read)).toEqual(definition(all));
      }),
    );
  });

  it('proves each leaf of each tree up to 40, and no other leaf or place', () => {
    const all = data(40);
    const { read } = storeOf([all]);
    for (let size = 1; size <= 40; size += 1)
      for (let index = 0; index < size; index += 1) {
        const proof = inclusionProof(index, size, read);
        const head = root(size, read);
        expect(verifyInclusion(leafHash(all[index]!), index, size, proof, head)).toBe(true);
        expect(verifyInclusion(leafHash(Buffer.from('forged')), index, size, proof, head)).toBe(false);
        expect(verifyInclusion(leafHash(all[index]!), index, size, [...proof, head], head)).toBe(false);
        if (size > 1)
          expect(verifyInclusion(leafHash(all[index]!), (index + 1) % size, size, proof, head)).toBe(false);
      }
  });

  it('proves that each tree begins with each smaller one, and not with another', () => {
    const { read } = storeOf([data(40)]);
    const other = storeOf([data(39).map((_, n) => Buffer.from(`other ${n}`))]);
    for (let to = 1; to <= 40; to += 1)
      for (let from = 1; from <= to; from += 1) {
        const proof = consistencyProof(from, to, read);
        expect(verifyConsistency(from, to, root(from, read), root(to, read), proof)).toBe(true);
        if (from < to)
          expect(verifyConsistency(from, to, root(from, other.read), root(to, read), proof)).toBe(false);
      }
  });

  it('answers any bytes given as a proof with a verdict', () => {
    const hash = fc.uint8Array({ minLength: 0, maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    const number = fc.oneof(fc.integer({ min: -2, max: 70 }), fc.double());
    fc.assert(
      fc.property(number, number, hash, hash, fc.array(hash, { maxLength: 12 }), (a, b, x, y, proof) => {
        expect(typeof verifyInclusion(x, a, b, proof, y)).toBe('boolean');
        expect(typeof verifyConsistency(a, b, x, y, proof)).toBe('boolean');
      }),
    );
  });
});

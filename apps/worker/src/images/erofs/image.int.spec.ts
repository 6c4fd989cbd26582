import fc from 'fast-check';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, scratch } from '@bulkhead/images/testing/tools';
import { newDirectory, type Attributes, type DirectoryNode, type TreeNode } from '../unpack/tree.js';
import { beginImage, finishImage, readMetadataHash, type WrittenImage } from './image.js';

const { directory, clean } = scratch();
afterEach(clean);

const attributes = (over: Partial<Attributes> = {}): Attributes => ({
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: { seconds: 1_700_000_000, nanoseconds: 5 },
  xattrs: new Map(),
  ...over,
});

/** A file's content is as many bytes as its size, told by its name; so it can be checked after extraction. */
const contentOf = (name: string, size: number) => Buffer.alloc(size, `${name}.`);

interface Sketch {
  readonly [name: string]:
    { readonly size: number } | { readonly target: string } | { readonly in: Sketch } | TreeNode;
}

async function writeImage(path: string, sketch: Sketch): Promise<WrittenImage> {
  await using file = await open(path, 'wx+');
  const data = beginImage(file);
  const grow = async (names: Sketch): Promise<DirectoryNode> => {
    const node = newDirectory(attributes({ mode: 0o755 }));
    for (const [name, what] of Object.entries(names)) {
      if ('type' in what) node.children.set(name, { node: what, layer: 1 });
      else if ('in' in what) node.children.set(name, { node: await grow(what.in), layer: 1 });
      else if ('target' in what)
        node.children.set(name, {
          node: { type: 'symlink', attributes: attributes({ mode: 0o777 }), target: what.target },
          layer: 1,
        });
      else {
        const content = data.begin(what.size, 0);
        data.append(contentOf(name, what.size));
        await data.drain();
        node.children.set(name, { node: { type: 'file', attributes: attributes(), content }, layer: 1 });
      }
    }
    return node;
  };
  return await finishImage(file, data, await grow(sketch), Buffer.alloc(16, 7));
}

async function mounted<T>(image: string, look: (path: string) => Promise<T>): Promise<T> {
  const point = await directory();
  await run('mount', '-t', 'erofs', '-o', 'loop,ro', image, point);
  try {
    return await look(point);
  } finally {
    await run('umount', point);
  }
}

describe('a written image', () => {
  it('holds files of every awkward size', async () => {
    const sizes = [0, 1, 31, 4031, 4032, 4033, 4095, 4096, 4097, 8191, 8192, 12_289, 5 * 1024 ** 2 + 1];
    const image = join(await directory(), 'image');
    await writeImage(image, Object.fromEntries(sizes.map((size) => [`f${size}`, { size }])));
    await run('fsck.erofs', image);
    await mounted(image, async (path) => {
      for (const size of sizes)
        expect((await readFile(join(path, `f${size}`))).equals(contentOf(`f${size}`, size))).toBe(true);
    });
  });

  it('holds directories of every size, names sorted as the kernel looks them up', async () => {
    const names = ['!', '+', '-', '.a', '..b', '...', 'a', 'A', '~', 'é', 'x'.repeat(255)];
    const many = Array.from({ length: 3000 }, (_, n) => `entry-${n}-${'y'.repeat(n % 120)}`);
    const image = join(await directory(), 'image');
    const empties = (list: string[]) =>
      Object.fromEntries(list.map((name) => [Buffer.from(name).toString('latin1'), { size: 0 }]));
    await writeImage(image, { odd: { in: empties(names) }, many: { in: empties(many) }, empty: { in: {} } });
    await run('fsck.erofs', image);
    await mounted(image, async (path) => {
      expect((await run('ls', '-A', join(path, 'many'))).split('\n').filter(Boolean).sort()).toEqual(
        [...many].sort(),
      );
      for (const name of names) await run('stat', join(path, 'odd', name));
      for (const name of many) await readFile(join(path, 'many', name));
      await expect(run('stat', join(path, 'many', 'absent'))).rejects.toThrow('No such file');
    });
  });

  it('holds symbolic links up to the longest, devices, pipes, owners and times', async () => {
    const image = join(await directory(), 'image');
    const extremes = attributes({
      mode: 0o7777,
      uid: 4_294_967_294,
      gid: 70_000,
      mtime: { seconds: -1, nanoseconds: 999_999_999 },
    });
    await writeImage(image, {
      short: { target: 'x' },
      long: { target: 't'.repeat(4095) },
      null: { type: 'character', attributes: extremes, major: 1, minor: 3 },
      disk: { type: 'block', attributes: attributes(), major: 259, minor: 70_001 },
      pipe: { type: 'fifo', attributes: attributes() },
    });
    await run('fsck.erofs', image);
    await mounted(image, async (path) => {
      expect(await run('stat', '-c', '%F %a %u %g %Y %t %T', join(path, 'null'))).toBe(
        'character special file 7777 4294967294 70000 -1 1 3\n',
      );
      expect(await run('stat', '-c', '%F %t %T', join(path, 'disk'))).toBe('block special file 103 11171\n');
      expect(await run('readlink', join(path, 'long'))).toBe(`${'t'.repeat(4095)}\n`);
      expect(await run('stat', '-c', '%F', join(path, 'pipe'))).toBe('fifo\n');
    });
  });

  it('holds extended attributes and hard links', async () => {
    const image = join(await directory(), 'image');
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
    const node: TreeNode = {
      type: 'file',
      attributes: attributes({
        xattrs: new Map([
          ['security.capability', capability],
          ['user.note', Buffer.from('hello')],
        ]),
      }),
      content: { size: 0, block: 0, tail: undefined },
    };
    await writeImage(image, { one: node, two: node, sub: { in: { three: node } } });
    await run('fsck.erofs', image);
    await mounted(image, async (path) => {
      expect(await run('getcap', join(path, 'one'))).toContain('cap_net_bind_service');
      expect(await run('stat', '-c', '%h', join(path, 'sub/three'))).toBe('3\n');
      const inode = await run('stat', '-c', '%i', join(path, 'one'));
      expect(await run('stat', '-c', '%i', join(path, 'two'))).toBe(inode);
    });
  });

  it('of any tree is whole for fsck.erofs and extracts to that tree', async () => {
    const name = fc
      .string({ minLength: 1, maxLength: 60, unit: fc.constantFrom(...'abcXYZ019._-+ ') })
      .filter((text) => !/^\.{1,2}$/.test(text));
    const { tree } = fc.letrec<{ tree: Sketch; node: Sketch[string] }>((tie) => ({
      tree: fc.dictionary(name, tie('node'), { maxKeys: 40, noNullPrototype: true }),
      node: fc.oneof(
        { maxDepth: 4 },
        fc.integer({ min: 0, max: 20_000 }).map((size) => ({ size })),
        fc
          .string({ minLength: 1, maxLength: 300, unit: fc.constantFrom(...'ab/.') })
          .map((target) => ({ target })),
        tie('tree').map((below) => ({ in: below })),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, async (sketch) => {
        const work = await directory();
        await writeImage(join(work, 'image'), sketch);
        await run('fsck.erofs', `--extract=${join(work, 'tree')}`, join(work, 'image'));
        const sizes = await run('find', join(work, 'tree'), '-type', 'f', '-printf', '%P\t%s\n');
        expect(sizes.split('\n').filter(Boolean).sort()).toEqual(sizesOf(sketch).sort());
        await clean();
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('shows damage to its metadata by its hash', async () => {
    const path = join(await directory(), 'image');
    const image = await writeImage(path, { a: { size: 10_000 }, b: { in: {} } });
    await using file = await open(path, 'r+');
    expect(await readMetadataHash(file, image)).toBe(image.metadataHash);
    for (const position of [1024 + 40, image.metadataAt + 70, image.bytes - 4096]) {
      const before = Buffer.alloc(1);
      await file.read(before, 0, 1, position);
      await file.write(Buffer.from([before[0]! ^ 1]), 0, 1, position);
      expect(await readMetadataHash(file, image)).not.toBe(image.metadataHash);
      await file.write(before, 0, 1, position);
    }
  });
});

function sizesOf(sketch: Sketch, prefix = ''): string[] {
  return Object.entries(sketch).flatMap(([name, what]) => {
    if ('in' in what) return sizesOf(what.in, `${prefix}${name}/`);
    return 'size' in what ? [`${prefix}${name}\t${what.size}`] : [];
  });
}

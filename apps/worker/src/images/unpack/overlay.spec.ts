import fc from 'fast-check';
import { TerminalError } from '@bulkhead/contracts';
import { applyEntry, newOverlay, type Overlay } from './overlay.js';
import type { TarEntry } from './tar.js';
import type { DirectoryNode } from './tree.js';

const BASE = {
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: { seconds: 0, nanoseconds: 0 },
  xattrs: new Map<string, Uint8Array>(),
};
const file = (path: string, size = 0): TarEntry => ({ ...BASE, type: 'file', path, size });
const directory = (path: string, mode = 0o755): TarEntry => ({ ...BASE, type: 'directory', path, mode });
const symlink = (path: string, target: string): TarEntry => ({ ...BASE, type: 'symlink', path, target });
const hardlink = (path: string, target: string): TarEntry => ({ ...BASE, type: 'hardlink', path, target });

function overlayOf(layers: readonly (readonly TarEntry[])[], maxNames = 10_000): Overlay {
  const overlay = newOverlay(maxNames);
  for (const entries of layers) {
    overlay.layer += 1;
    for (const entry of entries) applyEntry(overlay, entry, (size) => ({ size, block: 0, tail: undefined }));
  }
  return overlay;
}

/** Every path of a tree; directories end in a slash, symbolic links show their target. */
function paths({ children }: DirectoryNode, prefix = ''): string[] {
  return [...children]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { node }]) => {
      const path = prefix + name;
      if (node.type === 'directory') return [`${path}/`, ...paths(node, `${path}/`)];
      return [node.type === 'symlink' ? `${path} -> ${node.target}` : path];
    });
}

const merge = (...layers: readonly (readonly TarEntry[])[]) => paths(overlayOf(layers).root);

describe('layers laid over each other', () => {
  it('add up, make missing parents, and replace what has the same name', () => {
    expect(
      merge([file('./a/b/c'), file('x')], [directory('a'), file('a/d'), directory('x'), file('a/b')]),
    ).toEqual(['a/', 'a/b', 'a/d', 'x/']);
  });

  it('keep what is in a directory whose attributes change', () => {
    const { root } = overlayOf([
      [directory('a', 0o700), file('a/b')],
      [directory('a/', 0o755), directory('./', 0o711)],
    ]);
    expect(paths(root)).toEqual(['a/', 'a/b']);
    expect(root.children.get('a')?.node.attributes.mode).toBe(0o755);
    expect(root.attributes.mode).toBe(0o711);
  });

  it('hide what whiteouts name', () => {
    expect(
      merge([file('a/b'), file('a/c'), file('d/e')], [file('a/.wh.b'), file('.wh.d'), file('.wh.unknown')]),
    ).toEqual(['a/', 'a/c']);
  });

  it('hide the whole of an opaque directory but for what they put there themselves, before or after', () => {
    expect(
      merge(
        [file('a/b/c'), file('a/d')],
        [file('a/before'), file('a/.wh..wh..opq'), file('a/after'), file('a/b/new')],
      ),
    ).toEqual(['a/', 'a/after', 'a/b/', 'a/b/new', 'a/before']);
  });

  it('never hide what their own layer has', () => {
    expect(merge([file('a/old')], [file('a/new'), file('.wh.a')])).toEqual(['a/', 'a/new']);
    expect(merge([file('a')], [file('a'), file('.wh.a')])).toEqual(['a']);
  });

  it('share an inode between hard links, also across layers and after the first name is gone', () => {
    const { root } = overlayOf([
      [file('a', 5)],
      [hardlink('b', './a'), hardlink('c', '/b')],
      [file('.wh.a')],
    ]);
    expect(paths(root)).toEqual(['b', 'c']);
    expect(root.children.get('b')?.node).toBe(root.children.get('c')?.node);
  });

  it('follow symbolic links of the image on the way to an entry, as a chroot would', () => {
    expect(
      merge(
        [directory('usr/lib'), symlink('lib', 'usr/lib'), symlink('var/run', '/run'), directory('run')],
        [file('lib/x'), file('var/run/y')],
      ),
    ).toEqual([
      'lib -> usr/lib',
      'run/',
      'run/y',
      'usr/',
      'usr/lib/',
      'usr/lib/x',
      'var/',
      'var/run -> /run',
    ]);
  });

  it('replace a symbolic link, never what it points to', () => {
    expect(merge([file('target'), symlink('a', 'target')], [file('a')])).toEqual(['a', 'target']);
    expect(merge([directory('target'), symlink('a', 'target')], [directory('a')])).toEqual(['a/', 'target/']);
  });

  const unsafe: readonly (readonly [string, readonly TarEntry[]])[] = [
    ['an absolute path', [file('/etc/passwd')]],
    ['a path that climbs', [file('../etc/passwd')]],
    ['a path that climbs on the way', [file('a/../../b')]],
    ['an empty path', [file('')]],
    ['a file in place of the root', [file('./')]],
    ['a path through a symbolic link that climbs out', [symlink('a', '../../..'), file('a/etc/passwd')]],
    ['a path through symbolic links that go round', [symlink('a', 'b'), symlink('b', 'a'), file('a/x')]],
    ['a path through a file', [file('a'), file('a/b')]],
    ['a hard link that climbs', [hardlink('a', '../../etc/shadow')]],
    ['a hard link to nothing', [hardlink('a', 'missing')]],
    ['a hard link to a directory', [directory('d'), hardlink('a', 'd')]],
    ['a hard link through a symbolic link out', [symlink('a', '../..'), hardlink('b', 'a/etc/shadow')]],
    ['a whiteout of nothing', [file('.wh.')]],
    ['a whiteout of the parent', [file('a/.wh...')]],
    ['a whiteout with content', [file('.wh.a', 10)]],
    ['a name of 256 bytes', [file('n'.repeat(256))]],
    ['a path of 4,097 bytes', [file('p/'.repeat(2049))]],
    ['129 directories', [file(`${'d/'.repeat(129)}f`)]],
    ['an empty symbolic link', [symlink('a', '')]],
    ['a symbolic link of 4,096 bytes', [symlink('a', 'x'.repeat(4096))]],
  ];
  it.each(unsafe)('are refused with %s', (_, entries) => {
    expect(() => merge(entries)).toThrow(
      expect.objectContaining({ code: 'image_layer_unsafe', retryable: false }),
    );
  });

  it('are refused with more names than allowed, implied directories included', () => {
    expect(() => overlayOf([[file('a/b/c/d')]], 3)).toThrow(
      expect.objectContaining({ code: 'image_too_large' }),
    );
  });

  it('take a time that grows with the number of entries alone', () => {
    const many = Array.from({ length: 20_000 }, (_, n) => file(`d/${n}`));
    const whiteouts = Array.from({ length: 20_000 }, () => file('d/.wh..wh..opq'));
    const started = performance.now();
    overlayOf([[file('d/old')], [...many, ...whiteouts]], 50_000);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('of any entries make a tree or are refused', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', 'c', '.', '..', '', '.wh.a', '.wh..wh..opq', '.wh..wh.plnk'), {
        maxLength: 5,
      })
      .map((parts) => parts.join('/'));
    const entry = fc.oneof(
      path.map((name) => file(name)),
      path.map((name) => directory(name)),
      fc.tuple(path, path).map(([name, target]) => symlink(name, target)),
      fc.tuple(path, path).map(([name, target]) => hardlink(name, target)),
    );
    fc.assert(
      fc.property(fc.array(fc.array(entry, { maxLength: 12 }), { maxLength: 4 }), (layers) => {
        try {
          for (const seen of merge(...layers))
            expect(seen.split(' -> ')[0]).toMatch(/^(?:[abc]\/?|(?:[abc]\/)+[abc]?)$/);
        } catch (error) {
          if (!(error instanceof TerminalError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

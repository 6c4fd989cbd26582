import fc from 'fast-check';
import { TerminalError } from '@bulkhead/contracts';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { ImageLimits } from '../limits.js';
import { ImageStore } from '../store/image-store.js';
import { digestOf, writeLayout, type LayoutImage } from '@bulkhead/images/testing/layout';
import { paxRecords, rawTar } from '../testing/raw-tar.js';
import { tarOf } from '@bulkhead/images/testing/tar';
import { run, scratch } from '@bulkhead/images/testing/tools';

const { directory, clean } = scratch();
afterEach(clean);

interface Attempt {
  readonly cache: string;
  readonly layout: string;
  readonly store: ImageStore;
}

async function prepare(image: LayoutImage, limits: Partial<ImageLimits> = {}): Promise<Attempt> {
  const layout = await directory();
  await writeLayout(layout, image);
  const cache = await directory();
  const sources = { layoutRoots: [layout], privateRegistries: [], insecureRegistries: [] };
  return {
    cache,
    layout,
    store: await ImageStore.open({ directory: cache, maxBytes: 1024 ** 3, sources, limits }),
  };
}

async function extract(image: string): Promise<string> {
  const target = join(await directory(), 'tree');
  await run('fsck.erofs', `--extract=${target}`, image);
  return target;
}

/** Ends in `code`, and leaves nothing behind. */
async function expectRefusal({ store, layout, cache }: Attempt, code: string): Promise<void> {
  await expect(store.ensure(`oci:${layout}`)).rejects.toMatchObject({ code, retryable: false });
  expect(await readdir(join(cache, 'images'))).toEqual([]);
  expect(await readdir(join(cache, 'partial'))).toEqual([]);
  expect(store.usage()).toMatchObject({ images: 0, bytes: 0 });
}

const hello = () => tarOf([{ name: 'hello', content: 'world' }]);
const TAR = 'application/vnd.oci.image.layer.v1.tar';

describe('layers', () => {
  it.each([
    ['gzip', gzipSync, `${TAR}+gzip`],
    ['zstd', zstdCompressSync, `${TAR}+zstd`],
    ['nothing', (tar: Uint8Array) => tar, TAR],
    [
      'gzip in two members',
      (tar: Uint8Array) => Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))]),
      `${TAR}+gzip`,
    ],
    ['zstd that is called gzip', zstdCompressSync, `${TAR}+gzip`],
  ])('compressed with %s are unpacked', async (_, compress, layerType) => {
    const { store, layout } = await prepare({ layers: [await hello()], compress, layerType });
    const { path } = await store.ensure(`oci:${layout}`);
    expect(await readFile(join(await extract(path), 'hello'), 'utf8')).toBe('world');
  });

  it('of nothing make an empty root', async () => {
    const { store, layout } = await prepare({
      layers: [rawTar(), Buffer.alloc(0)],
      compress: (tar) => tar,
      layerType: TAR,
    });
    expect(await readdir(await extract((await store.ensure(`oci:${layout}`)).path))).toEqual([]);
  });

  it('leave every path on this host alone, whatever they name', async () => {
    const outside = join(await directory(), 'outside');
    await writeFile(outside, 'untouched');
    const layer = rawTar(
      { name: 'link', flag: '2', link: outside },
      { name: 'link', content: 'through the link' },
    );
    const { store, layout } = await prepare({ layers: [layer] });
    const tree = await extract((await store.ensure(`oci:${layout}`)).path);
    expect(await readFile(outside, 'utf8')).toBe('untouched');
    expect(await readFile(join(tree, 'link'), 'utf8')).toBe('through the link');
  });

  it('from a merged-/usr system land where its links point', async () => {
    const base = await tarOf([
      { name: 'usr/lib', type: 'directory' },
      { name: 'lib', type: 'symlink', linkname: 'usr/lib' },
    ]);
    const { store, layout } = await prepare({
      layers: [base, await tarOf([{ name: 'lib/library.so', content: 'so' }])],
    });
    const tree = await extract((await store.ensure(`oci:${layout}`)).path);
    expect(await readFile(join(tree, 'usr/lib/library.so'), 'utf8')).toBe('so');
  });
});

describe('a layer is refused', () => {
  it.each([
    ['that climbs out', rawTar({ name: '../../etc/cron.d/evil', content: 'x' }), 'image_layer_unsafe'],
    ['with an absolute path', rawTar({ name: '/etc/passwd', content: 'x' }), 'image_layer_unsafe'],
    [
      'through a link out',
      rawTar({ name: 'a', flag: '2', link: '../../..' }, { name: 'a/etc/x' }),
      'image_layer_unsafe',
    ],
    [
      'with a hard link out',
      rawTar({ name: 'a', flag: '1', link: '../../etc/shadow' }),
      'image_layer_unsafe',
    ],
    ['that is cut short', rawTar({ content: 'x'.repeat(5000) }).subarray(0, 3000), 'image_layer_invalid'],
    ['that is no tar stream', randomBytes(10_000), 'image_layer_invalid'],
  ])('%s', async (_, layer, code) => {
    await expectRefusal(await prepare({ layers: [await hello(), layer] }), code);
  });

  it.each([
    [
      'whose gzip stream is damaged',
      (tar: Uint8Array) => {
        const bytes = gzipSync(tar);
        bytes[bytes.length >> 1]! ^= 0xff;
        return bytes;
      },
    ],
    ['whose gzip stream is cut short', (tar: Uint8Array) => gzipSync(tar).subarray(0, -20)],
    [
      'whose gzip stream has bytes behind it',
      (tar: Uint8Array) => Buffer.concat([gzipSync(tar), Buffer.alloc(9, 'x')]),
    ],
    [
      'whose zstd stream has bytes behind it',
      (tar: Uint8Array) => Buffer.concat([zstdCompressSync(tar), Buffer.alloc(2 ** 22, 'x')]),
    ],
    ['whose zstd stream is cut short', (tar: Uint8Array) => zstdCompressSync(tar).subarray(0, -5)],
  ])('%s', async (_, compress) => {
    const attempt = await prepare({
      layers: [await tarOf([{ name: 'a', content: randomBytes(50_000) }])],
      compress,
    });
    await expectRefusal(attempt, 'image_layer_invalid');
  });

  it('that unpacks to something else than the configuration says', async () => {
    await expectRefusal(
      await prepare({ layers: [await hello()], diffIds: [digestOf(Buffer.from('else'))] }),
      'image_digest_mismatch',
    );
  });

  it('whose stored bytes were altered or cut', async () => {
    for (const harm of [
      (path: string, size: number) => truncate(path, size - 1),
      (path: string) => writeFile(path, 'other'),
    ]) {
      const attempt = await prepare({ layers: [await tarOf([{ name: 'a', content: randomBytes(50_000) }])] });
      const blobs = join(attempt.layout, 'blobs/sha256');
      for (const name of await readdir(blobs)) {
        const { size } = await stat(join(blobs, name));
        if (size > 10_000) await harm(join(blobs, name), size);
      }
      await expectRefusal(attempt, 'image_digest_mismatch');
    }
  });
});

it('any damage to a layer is found or does no harm', async () => {
  const tar = await tarOf([
    { name: 'dir', type: 'directory' },
    { name: 'dir/file', content: 'x'.repeat(3000) },
    { name: `${'long/'.repeat(40)}name`, content: 'y' },
    { name: 'link', type: 'symlink', linkname: 'dir' },
    { name: 'link/.wh.file' },
  ]);
  const damage = fc.array(fc.tuple(fc.nat(tar.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(damage, fc.boolean(), async (bytes, compressed) => {
      const layer = Buffer.from(tar);
      for (const [position, byte] of bytes) layer[position] = byte;
      const { store, layout } = await prepare({
        layers: [layer],
        ...(!compressed && { compress: (same) => same }),
      });
      try {
        await run('fsck.erofs', (await store.ensure(`oci:${layout}`)).path);
      } catch (error) {
        expect(error).toBeInstanceOf(TerminalError);
      }
      await clean();
    }),
    { numRuns: 100 },
  );
});

describe('an image is too large', () => {
  const zeros = (bytes: number) => tarOf([{ name: 'zeros', content: Buffer.alloc(bytes) }]);

  it.each<[string, () => Promise<Buffer> | Buffer, Partial<ImageLimits>]>([
    ['that unpacks to more than allowed', () => zeros(3_000_000), { unpackedBytes: 2_000_000 }],
    ['that looks like a bomb', () => zeros(3_000_000), { compressionRatio: 100, ratioGraceBytes: 1_000_000 }],
    ['with a larger file than allowed', () => zeros(3_000_000), { fileBytes: 2_999_999 }],
    [
      'with more entries than allowed',
      () => tarOf([{ name: 'a' }, { name: 'b' }, { name: 'c' }]),
      { entries: 2 },
    ],
    [
      'with longer names than allowed',
      () => tarOf([{ name: 'a'.repeat(90) }, { name: 'b'.repeat(90) }]),
      { metadataBytes: 150 },
    ],
    [
      'with larger attributes than fit',
      () => rawTar(paxRecords({ 'SCHILY.xattr.user.big': 'x'.repeat(3000) }), {}),
      {},
    ],
    ['with more layers than allowed', hello, { layers: 0 }],
    ['with larger layers than allowed', hello, { compressedBytes: 10 }],
  ])('%s', async (_, layer, limits) => {
    await expectRefusal(await prepare({ layers: [await layer()] }, limits), 'image_too_large');
  });
});

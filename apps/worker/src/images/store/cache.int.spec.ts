import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeServer } from '@bulkhead/images/testing/fake-registry';
import { writeLayout } from '@bulkhead/images/testing/layout';
import { tarOf } from '@bulkhead/images/testing/tar';
import { run, scratch } from '@bulkhead/images/testing/tools';
import { ImageStore, type Progress } from './image-store.js';

const { directory, clean } = scratch();
const servers: FakeServer[] = [];
/** Which the operator vouches for. */
const known: string[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await clean();
});

const MiB = 1024 ** 2;

/** Layouts below one directory, each an image with a file of `bytes` random bytes. */
async function layouts(count: number, bytes = MiB): Promise<{ root: string; references: string[] }> {
  const root = await directory();
  const references = [];
  for (let n = 0; n < count; n += 1) {
    await writeLayout(join(root, `image-${n}`), {
      layers: [await tarOf([{ name: 'file', content: randomBytes(bytes) }])],
    });
    references.push(`oci:${join(root, `image-${n}`)}`);
  }
  return { root, references };
}

const openStore = (cache: string, root: string, maxBytes = 64 * MiB) =>
  ImageStore.open({
    directory: cache,
    maxBytes,
    sources: {
      layoutRoots: [root],
      privateRegistries: [],
      insecureRegistries: known,
      stallTimeoutMs: 2_000,
    },
  });

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** A registry that serves a layout and lets a test hold back its largest blob. */
async function slowRegistry(
  layout: string,
): Promise<{ host: string; release: () => void; blobRequests: () => number }> {
  const gate = Promise.withResolvers<void>();
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[];
  };
  const blob = (digest: string) => readFile(join(layout, 'blobs/sha256', digest.slice('sha256:'.length)));
  const server = await FakeServer.start((request, response) => {
    void (async () => {
      const name = request.url?.split('/').at(-1) ?? '';
      const bytes = await blob(name.startsWith('sha256:') ? name : (index.manifests[0]?.digest ?? ''));
      response.writeHead(200, {
        'content-type': 'application/vnd.oci.image.manifest.v1+json',
        'content-length': bytes.length,
      });
      if (bytes.length < 100_000) return void response.end(bytes);
      response.write(bytes.subarray(0, 50_000));
      await gate.promise;
      response.end(bytes.subarray(50_000));
    })();
  });
  servers.push(server);
  known.push(server.host);
  const large = await largestBlob(layout);
  return {
    host: server.host,
    release: gate.resolve,
    blobRequests: () => server.requests.filter(({ url }) => url.includes(large)).length,
  };
}

async function largestBlob(layout: string): Promise<string> {
  const names = await readdir(join(layout, 'blobs/sha256'));
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(layout, 'blobs/sha256', name))).size),
  );
  return names[sizes.indexOf(Math.max(...sizes))] ?? '';
}

describe('the cache', () => {
  it('evicts what was used longest ago and nobody holds, also after a restart', async () => {
    const { root, references } = await layouts(4);
    const cache = await directory();
    const first = await openStore(cache, root, 3.5 * MiB);
    const [a, b] = [
      await first.ensure(references[0]!, { holder: 'machine' }),
      await first.ensure(references[1]!),
    ];
    const store = await openStore(cache, root, 3.5 * MiB);
    store.pin(a.digest, 'machine');
    const c = await store.ensure(references[2]!);
    await store.ensure(references[1]!); // used again
    const d = await store.ensure(references[3]!);
    expect(await Promise.all([a, b, c, d].map(({ path }) => exists(path)))).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(store.usage()).toMatchObject({
      images: 3,
      pinnedBytes: a.bytes,
      bytes: a.bytes + b.bytes + d.bytes,
    });
  });

  it('refuses what machines in need of their images leave no room for', async () => {
    const { root, references } = await layouts(2);
    const store = await openStore(await directory(), root, 1.5 * MiB);
    const { digest, path } = await store.ensure(references[0]!, { holder: 'machine' });
    await expect(store.ensure(references[1]!)).rejects.toMatchObject({
      code: 'image_cache_full',
      retryable: true,
    });
    expect(await exists(path)).toBe(true);
    store.unpin(digest, 'machine');
    await store.ensure(references[1]!);
    expect(await exists(path)).toBe(false);
  });

  it('says when its disk is full, and leaves nothing half-made', async () => {
    const { root, references } = await layouts(1, 4 * MiB);
    const cache = await directory();
    await run('mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', cache);
    try {
      const store = await openStore(cache, root);
      await expect(store.ensure(references[0]!)).rejects.toMatchObject({
        code: 'image_cache_full',
        retryable: true,
      });
      expect(await readdir(join(cache, 'partial'))).toEqual([]);
    } finally {
      await run('umount', cache);
    }
  });

  it('holds an image until its last holder lets go', async () => {
    const { root, references } = await layouts(2);
    const store = await openStore(await directory(), root, 1.5 * MiB);
    const { digest } = await store.ensure(references[0]!, { holder: 'one' });
    await store.ensure(references[0]!, { holder: 'two' });
    store.unpin(digest, 'one');
    await expect(store.ensure(references[1]!)).rejects.toMatchObject({ code: 'image_cache_full' });
    store.unpin(digest, 'two');
    await store.ensure(references[1]!);
  });

  it.each([
    ['was cut short', (path: string) => truncate(path, 4096)],
    ['has a damaged superblock', (path: string) => flip(path, 1024 + 20)],
    ['has damaged metadata', async (path: string) => flip(path, (await stat(path)).size - 4096)],
    ['lost its record', (path: string) => run('rm', join(path, '../record.json'))],
    [
      'has a damaged record',
      (path: string) => run('sed', '-i', 's/amd64/arm64/', join(path, '../record.json')),
    ],
    ['has a record of zeros', (path: string) => writeFile(join(path, '../record.json'), Buffer.alloc(100))],
  ])('makes an image again that %s', async (_, harm) => {
    const { root, references } = await layouts(1);
    const cache = await directory();
    const { path, digest } = await (await openStore(cache, root)).ensure(references[0]!);
    const whole = await readFile(path);
    await run('chmod', 'u+w', path);
    await harm(path);
    const store = await openStore(cache, root);
    expect(await store.ensure(`${references[0]!}@${digest}`)).toMatchObject({ path, digest });
    expect((await readFile(path)).equals(whole)).toBe(true);
    expect(store.usage()).toMatchObject({ images: 1, bytes: whole.length });
  });
});

describe('a pull', () => {
  it('is shared by all who ask for the image meanwhile, each told of its progress', async () => {
    const { root } = await layouts(1);
    const registry = await slowRegistry(join(root, 'image-0'));
    const store = await openStore(await directory(), root);
    const seen: Progress[][] = [[], [], []];
    const pulls = seen.map((progress) =>
      store.ensure(`${registry.host}/app`, { onProgress: (step) => progress.push(step) }),
    );
    await until(() =>
      seen.every(
        (progress) => progress.some(({ receivedBytes }) => receivedBytes > 0) || progress.length > 0,
      ),
    );
    registry.release();
    const images = await Promise.all(pulls);
    expect(new Set(images.map(({ path }) => path)).size).toBe(1);
    expect(registry.blobRequests()).toBe(1);
    for (const progress of seen) {
      expect(progress[0]?.phase).toBe('resolving');
      expect(progress.at(-1)).toMatchObject({ phase: 'ready' });
      expect(progress.at(-1)?.receivedBytes).toBe(progress.at(-1)?.totalBytes);
    }
  });

  it('goes on when one who waits gives up, and stops when the last does', async () => {
    const { root } = await layouts(1);
    const registry = await slowRegistry(join(root, 'image-0'));
    const cache = await directory();
    const store = await openStore(cache, root);
    const callers = [new AbortController(), new AbortController()];
    const started = callers.map(() => Promise.withResolvers<void>());
    const pulls = callers.map(({ signal }, n) =>
      store.ensure(`${registry.host}/app`, {
        signal,
        holder: `m${n}`,
        onProgress: ({ phase }) => phase === 'pulling' && started[n]!.resolve(),
      }),
    );
    const ends = pulls.map((pull) => pull.catch((error: Error) => error.message));
    await Promise.race(started.map(({ promise }) => promise));
    callers[0]!.abort(new Error('first gave up'));
    expect(await ends[0]).toBe('first gave up');
    expect(await readdir(join(cache, 'partial'))).toHaveLength(1);
    callers[1]!.abort(new Error('second gave up'));
    expect(await ends[1]).toBe('second gave up');
    await until(async () => (await readdir(join(cache, 'partial'))).length === 0);
    expect(store.usage()).toMatchObject({ images: 0, pinnedBytes: 0 });
  });

  it('that is killed leaves nothing that counts as an image', async () => {
    const { root } = await layouts(1);
    const registry = await slowRegistry(join(root, 'image-0'));
    const cache = await directory();
    const store = await openStore(cache, root);
    const interrupted = store.ensure(`${registry.host}/app`);
    await until(async () => (await readdir(join(cache, 'partial'))).length === 1);
    // What a process that died at this moment leaves is what is on disk now.
    const copy = join(await directory(), 'copy');
    await run('cp', '-a', cache, copy);
    registry.release();
    const image = await interrupted;
    const next = await openStore(copy, root);
    expect(next.usage().images).toBe(0);
    expect(await readdir(join(copy, 'partial'))).toEqual([]);
    const again = await next.ensure(`${registry.host}/app`);
    expect((await readFile(again.path)).equals(await readFile(image.path))).toBe(true);
  });
});

async function flip(path: string, position: number): Promise<void> {
  await using file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, position);
  await file.write(Buffer.from([byte[0]! ^ 0x10]), 0, 1, position);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

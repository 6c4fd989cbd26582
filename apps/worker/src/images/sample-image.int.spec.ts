import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { ImageStore } from './index.js';
import { run, scratch } from '@bulkhead/images/testing/tools';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const { directory, clean } = scratch();
afterEach(clean);

const build = (layout: string) =>
  run(process.execPath, join(ROOT, 'scripts/images/build-oci.mjs'), join(ROOT, 'examples/hello'), layout);

describe('the sample app', () => {
  it('is built into an image that other tools and the worker take, the same each time', async () => {
    const layout = await directory();
    const digest = (await build(layout)).trim();
    expect((await build(layout)).trim()).toBe(digest);
    expect(await run('skopeo', 'inspect', '--format', '{{.Digest}}', `oci:${layout}:latest`)).toBe(
      `${digest}\n`,
    );
    const sources = { layoutRoots: [layout], privateRegistries: [], insecureRegistries: [] };
    const store = await ImageStore.open({
      directory: join(await directory(), 'cache'),
      maxBytes: 2 ** 28,
      sources,
    });
    const image = await store.ensure(`oci:${layout}:latest`);
    expect(image).toMatchObject({
      digest,
      config: { entrypoint: ['/hello'], env: ['PORT=8080'], user: '65534:65534' },
    });
    const tree = join(await directory(), 'tree');
    await run('fsck.erofs', `--extract=${tree}`, image.path);
    expect(await run(join(tree, 'hello'), 'say', 'hi')).toBe('hi\n');
  }, 120_000);
});

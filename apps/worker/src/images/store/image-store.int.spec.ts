import { mkdir, readFile, rm, symlink, writeFile, link, chmod, chown } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credentials } from '@bulkhead/images';
import { writeLayout } from '@bulkhead/images/testing/layout';
import { TestRegistry } from '@bulkhead/images/testing/registry';
import { tarOf } from '@bulkhead/images/testing/tar';
import { listTree, run, scratch } from '@bulkhead/images/testing/tools';
import { ImageStore } from './image-store.js';

const { directory, clean } = scratch();
afterEach(clean);

const MiB = 1024 ** 2;

async function openStore(layoutRoot: string, maxBytes = 512 * MiB): Promise<ImageStore> {
  return ImageStore.open({
    directory: join(await directory(), 'cache'),
    maxBytes,
    sources: { layoutRoots: [layoutRoot], privateRegistries: [], insecureRegistries: [] },
  });
}

/** An image of three layers with everything umoci can write, replaced and whited out here and there. */
async function makeUmociImage(): Promise<string> {
  const root = await directory();
  const files = join(root, 'files');
  await mkdir(join(files, 'etc/deep/er'), { recursive: true });
  await mkdir(join(files, 'many'));
  await writeFile(join(files, 'etc/empty'), '');
  await writeFile(join(files, 'etc/small'), 'hello\n');
  await writeFile(join(files, 'etc/block'), Buffer.alloc(4096, 'b'));
  await writeFile(join(files, 'etc/almost'), Buffer.alloc(4095, 'a'));
  await writeFile(join(files, 'etc/big'), Buffer.alloc(3 * MiB + 17, 'c'));
  await writeFile(join(files, 'etc/deep/er/gone'), 'whited out');
  await link(join(files, 'etc/small'), join(files, 'etc/linked'));
  await symlink('small', join(files, 'etc/link'));
  await symlink(`/${'long/'.repeat(60)}`, join(files, 'etc/long'));
  await chmod(join(files, 'etc/block'), 0o4755);
  await chown(join(files, 'etc/block'), 100_000, 70_000);
  await run('mkfifo', join(files, 'etc/fifo'));
  for (let n = 0; n < 700; n += 1)
    await writeFile(join(files, 'many', `file ü ${n} ${'x'.repeat(n % 200)}`), `${n}`);
  const layout = join(root, 'layout');
  await run('umoci', 'init', '--layout', layout);
  await run('umoci', 'new', '--image', layout);
  await run('umoci', 'insert', '--image', layout, files, '/base');
  await run('umoci', 'insert', '--image', layout, '--whiteout', '/base/etc/deep/er/gone');
  await writeFile(join(files, 'etc/small'), 'replaced by a later layer\n');
  await run('umoci', 'insert', '--image', layout, join(files, 'etc/small'), '/base/etc/small');
  await run('umoci', 'insert', '--image', layout, '--opaque', join(files, 'etc/deep'), '/base/opaque');
  await run(
    'umoci',
    'config',
    '--image',
    layout,
    '--config.entrypoint',
    '/bin/app',
    '--config.cmd',
    '--serve',
    '--config.env',
    'COLOR=blue',
    '--config.workingdir',
    '/base',
    '--config.user',
    '1000:1000',
    '--config.stopsignal',
    'SIGQUIT',
    '--config.exposedports',
    '8080/tcp',
    '--config.label',
    'a=b',
  );
  return layout;
}

describe('an image from an OCI layout', () => {
  it('becomes the root file system that umoci unpacks, whole for fsck.erofs and the kernel', async () => {
    const layout = await makeUmociImage();
    const image = await (await openStore(layout)).ensure(`oci:${layout}:latest`);
    await run('fsck.erofs', image.path);
    const [bundle, mounted] = [join(await directory(), 'bundle'), await directory()];
    await run('umoci', 'unpack', '--image', layout, bundle);
    await run('mount', '-t', 'erofs', '-o', 'loop,ro', image.path, mounted);
    try {
      expect(await listTree(mounted)).toEqual(await listTree(join(bundle, 'rootfs')));
      await run(
        'diff',
        '-r',
        '--no-dereference',
        join(bundle, 'rootfs/base'),
        join(mounted, 'base'),
        '--exclude=fifo',
      );
    } finally {
      await run('umount', mounted);
    }
  });

  it('answers what its configuration asks for', async () => {
    const layout = await makeUmociImage();
    const { config, digest } = await (await openStore(layout)).ensure(`oci:${layout}`);
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(config).toMatchObject({
      platform: { os: 'linux', architecture: 'amd64' },
      env: ['COLOR=blue'],
      entrypoint: ['/bin/app'],
      cmd: ['--serve'],
      workdir: '/base',
      user: '1000:1000',
      stopSignal: 'SIGQUIT',
      exposedPorts: [{ port: 8080, protocol: 'tcp' }],
      labels: { a: 'b' },
    });
  });

  it('is the same bytes wherever and whenever it is built', async () => {
    const layout = await makeUmociImage();
    const [first, second] = await Promise.all(
      [await openStore(layout), await openStore(layout)].map((store) => store.ensure(`oci:${layout}:latest`)),
    );
    expect((await readFile(first!.path)).equals(await readFile(second!.path))).toBe(true);
  });

  it('is found again by digest when the layout is gone', async () => {
    const layout = await makeUmociImage();
    const store = await openStore(layout);
    const { digest, path } = await store.ensure(`oci:${layout}:latest`);
    await rm(layout, { recursive: true });
    expect(await store.ensure(`oci:${layout}@${digest}`)).toMatchObject({ digest, path });
  });
});

describe('a private image', () => {
  /** The user bob with the password "secret", as htpasswd writes it with bcrypt. */
  const BOB = 'bob:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';

  it('is pulled with the right credential, with no other, and with none once it is here', async () => {
    const registry = await TestRegistry.start(await directory(), BOB);
    const layout = await directory();
    await writeLayout(layout, { layers: [await tarOf([{ name: 'hello', content: 'world' }])] });
    const image = `${registry.host}/private:1`;
    const push = ['copy', '--insecure-policy', '--dest-tls-verify=false', '--dest-creds', 'bob:secret'];
    await run('skopeo', ...push, `oci:${layout}:latest`, `docker://${image}`);
    const store = await ImageStore.open({
      directory: join(await directory(), 'cache'),
      maxBytes: 64 * MiB,
      sources: { layoutRoots: [], privateRegistries: [], insecureRegistries: [registry.host] },
    });
    let asked = 0;
    const as = (credentials?: Credentials) => ({
      credentials: () => {
        asked += 1;
        return Promise.resolve(credentials);
      },
    });
    const unauthorized = { code: 'image_unauthorized', retryable: false };
    await expect(store.ensure(image)).rejects.toMatchObject(unauthorized);
    await expect(store.ensure(image, as())).rejects.toMatchObject(unauthorized);
    const wrong = as({ username: 'bob', password: 'guess' });
    await expect(store.ensure(image, wrong)).rejects.toMatchObject(unauthorized);
    const { digest } = await store.ensure(image, as({ username: 'bob', password: 'secret' }));
    expect(asked).toBe(3);
    await store.ensure(`${registry.host}/private@${digest}`, as());
    expect(asked).toBe(3);
    await registry.stop();
  });
});

/**
 * Prepares what every machine boots from: Debian's cloud kernel, unpacked from its package without installing
 * it, and an initrd with guest-init and the modules it needs.
 *
 *   node scripts/setup/guest.mjs CACHE_DIRECTORY
 *
 * leaves CACHE_DIRECTORY/guest.json = { kernel, initrd, version, digest } and prints it. Needs apt-get, dpkg-deb
 * and go; works with and without root; does nothing that is done already. A `vmlinux` in the directory, for example
 * a minimal kernel of one's own, is taken in place of Debian's.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enterableKernel } from './bz-image.mjs';
import { cpioArchive } from './cpio.mjs';
import { collectModules } from './kernel-modules.mjs';

const SOURCES = fileURLToPath(new URL('../../apps/guest-init/', import.meta.url));
const META_PACKAGE = 'linux-image-cloud-amd64';
const MODULES = ['virtio_mmio', 'virtio_blk', 'virtio_net', 'virtio_console', 'erofs', 'overlay'];

/**
 * @param {string} cacheDir
 * @returns {{ kernel: string, initrd: string, version: string, digest: string }} absolute paths; the digest covers both
 */
export function prepareGuest(cacheDir) {
  const dir = resolve(cacheDir);
  mkdirSync(dir, { recursive: true });
  const { kernel, version, modules } = findKernel(dir);
  const initrd = join(dir, 'initrd');
  replaceFile(initrd, buildInitrd(buildInit(dir), modules));
  const digest = createHash('sha256').update(readFileSync(kernel)).update(readFileSync(initrd)).digest('hex');
  const manifest = { kernel, initrd, version, digest };
  replaceFile(join(dir, 'guest.json'), JSON.stringify(manifest, null, 2) + '\n');
  return manifest;
}

function findKernel(dir) {
  const own = join(dir, 'vmlinux');
  if (existsSync(own)) return { kernel: own, version: 'vmlinux', modules: [] };
  const unpacked = unpackedKernel(dir) ?? downloadKernel(dir);
  const modulesRoot = ['usr/lib/modules', 'lib/modules']
    .map((path) => join(unpacked.root, path))
    .find(existsSync);
  return {
    kernel: quickKernel(join(unpacked.root, 'boot'), unpacked.version),
    version: unpacked.version,
    modules: collectModules(join(modulesRoot, unpacked.version), MODULES),
  };
}

/** The kernel as a VMM enters it directly, where it can: a boot spends a fifth of its time on decompression otherwise. */
function quickKernel(boot, version) {
  const packed = join(boot, `vmlinuz-${version}`);
  const plain = join(boot, `vmlinux-${version}`);
  if (existsSync(plain)) return plain;
  const kernel = enterableKernel(readFileSync(packed));
  if (kernel === null) return packed;
  replaceFile(plain, kernel);
  return plain;
}

function unpackedKernel(dir) {
  const root = join(dir, 'kernel');
  if (!existsSync(root)) return undefined;
  const image = readdirSync(join(root, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  return image && { root, version: image.slice('vmlinuz-'.length) };
}

function downloadKernel(dir) {
  const name = kernelPackage();
  const work = join(dir, `download-${process.pid}`);
  mkdirSync(join(work, 'root'), { recursive: true });
  try {
    run('apt-get', ['download', name], work);
    const file = readdirSync(work).find((entry) => entry.endsWith('.deb'));
    run('dpkg-deb', ['-x', join(work, file), join(work, 'root')]);
    renameSync(join(work, 'root'), join(dir, 'kernel'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return unpackedKernel(dir);
}

/** The package that Debian's meta package stands for today. */
function kernelPackage() {
  const depends = run('apt-cache', ['depends', '--important', META_PACKAGE]);
  const name = /Depends: (linux-image-\S+-cloud-amd64)\s/.exec(depends)?.[1];
  if (name === undefined) {
    throw new Error(
      `apt knows no ${META_PACKAGE}; run "apt-get update" with a Debian main archive configured.`,
    );
  }
  return name;
}

function buildInit(dir) {
  const binary = join(dir, `guest-init-${process.pid}`);
  const env = {
    ...process.env,
    CGO_ENABLED: '0',
    GOOS: 'linux',
    GOARCH: 'amd64',
    GOTOOLCHAIN: 'local',
    GOFLAGS: '-buildvcs=false',
    GOCACHE: join(dir, 'go-cache'),
    HOME: process.env.HOME ?? dir,
  };
  run('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', binary, '.'], SOURCES, env);
  const init = readFileSync(binary);
  rmSync(binary);
  return init;
}

const DIRECTORY = 0o040755;
const FILE = 0o100644;
const PROGRAM = 0o100755;
const CHARACTER_DEVICE = 0o020600;

function buildInitrd(init, modules) {
  const files = modules.map(({ name, data }, index) => ({
    path: `modules/${String(index).padStart(2, '0')}-${name}.ko`,
    mode: FILE,
    data,
  }));
  // The Go runtime insists on open standard files, and there is no console yet when init starts.
  const devices = [
    { path: 'dev', mode: DIRECTORY },
    { path: 'dev/null', mode: CHARACTER_DEVICE, device: [1, 3] },
    { path: 'dev/console', mode: CHARACTER_DEVICE, device: [5, 1] },
  ];
  const modulesDir = files.length > 0 ? [{ path: 'modules', mode: DIRECTORY }] : [];
  return cpioArchive([{ path: 'init', mode: PROGRAM, data: init }, ...devices, ...modulesDir, ...files]);
}

function replaceFile(path, content) {
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(content))) return;
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, content, { mode: 0o644 });
  renameSync(fresh, path);
}

function run(program, args, cwd, env = process.env) {
  try {
    return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')} failed: ${error.stderr || error.message}`, {
      cause: error,
    });
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const dir = process.argv[2];
  if (dir === undefined) {
    console.error('usage: node scripts/setup/guest.mjs CACHE_DIRECTORY');
    process.exit(64);
  }
  console.log(JSON.stringify(prepareGuest(dir)));
}

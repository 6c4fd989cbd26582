import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { bootSpec, buildTestImage, RecordingObserver, testBootFiles } from '../testing/fixtures.js';
import type { Vm } from '../runtime.js';
import type { BootFiles } from './boot-files.js';
import { QemuRuntime } from './qemu-runtime.js';
import { UnprivilegedLauncher } from './unprivileged-launcher.js';

let home: string;
let bootFiles: BootFiles;
let vm: Vm;
let observer: RecordingObserver;
let runtime: QemuRuntime;

/** A runtime in a directory too deep for a socket's address, over what an earlier one left there. */
function openRuntime(): void {
  observer = new RecordingObserver();
  const directory = join(home, 'x'.repeat(100));
  const launcher = new UnprivilegedLauncher(join(directory, 'vmm'), bootFiles);
  runtime = new QemuRuntime({
    directory: join(directory, 'machines'),
    launcher,
    bootFiles,
    accel: 'tcg',
    observer,
    snapshotKeys: null,
  });
}

const port = () => (vm.reach.kind === 'forward' ? vm.reach.ports[8080] : undefined);
const get = async (path: string) => (await fetch(`http://127.0.0.1:${port()}${path}`)).text();

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'bulkhead-unprivileged-'));
  bootFiles = await testBootFiles();
  const image = await buildTestImage(join(home, 'image,with,commas.erofs'));
  openRuntime();
  vm = await runtime.boot(bootSpec(image, ['serve']));
  await observer.until(() => observer.texts(vm.machine).includes('listening'));
}, 300_000);

afterAll(async () => {
  await runtime.close();
  await rm(home, { recursive: true });
});

it('answers on a port of the host’s loopback', async () => {
  expect(runtime.abilities).toMatchObject({ network: 'forward', isolated: false });
  expect(runtime.abilities.missing).not.toEqual([]);
  expect(await get('/')).toMatch(/^hello from/);
});

it('reaches nothing of the host', async () => {
  const server = createServer((_, answer) => answer.end('host')).listen(0);
  await once(server, 'listening');
  const address = server.address();
  const target = typeof address === 'object' ? `http://10.0.2.2:${address?.port}/` : '';
  expect(await get(`/reach?url=${encodeURIComponent(target)}`)).toMatch(/^refused/);
  server.close();
});

it('runs on over a restart of the worker, and is ended by it', async () => {
  const before = await get('/');
  await runtime.close();
  openRuntime();
  const [found] = await runtime.attach();
  if (found === undefined) throw new Error('the VM was not found');
  vm = found;
  expect(await get('/')).toBe(before);
  await vm.stop({ signal: constants.signals.SIGTERM, timeoutMs: 10_000 });
  expect(await observer.exitOf(vm.machine)).toMatchObject({ exitCode: 7, requested: true });
  await vm.ended;
  expect(await readdir(join(home, 'x'.repeat(100), 'vmm'))).toEqual([]);
}, 60_000);

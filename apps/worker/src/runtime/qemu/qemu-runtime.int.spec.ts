import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootSpec, buildTestImage, RecordingObserver, testBootFiles } from '../testing/fixtures.js';
import { TestHostd } from '../testing/hostd.js';
import type { BootFiles } from './boot-files.js';
import { HostdLauncher } from './hostd-launcher.js';
import { QemuRuntime } from './qemu-runtime.js';

let home: string;
let bootFiles: BootFiles;
let images: string;
let image: string;
let hostd: TestHostd;
const observer = new RecordingObserver();
let runtime: QemuRuntime;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'bulkhead-runtime-'));
  bootFiles = await testBootFiles();
  images = join(home, 'images');
  hostd = await TestHostd.start(bootFiles, images);
  image = await buildTestImage(join(images, 'test.erofs'));
  const launcher = new HostdLauncher(hostd.config.socket, images);
  runtime = new QemuRuntime({
    directory: join(home, 'machines'),
    launcher,
    bootFiles,
    accel: 'tcg',
    observer,
  });
}, 120_000);

afterAll(async () => {
  await runtime.close();
  await hostd.destroy();
  await rm(home, { recursive: true });
}, 30_000);

it('boots', async () => {
  const t = Date.now();
  const vm = await runtime.boot({ ...bootSpec(image, ['serve']), gateway: 'fe80::1' }).catch((e) => {
    console.log(e.operator);
    throw e;
  });
  console.log('booted', Date.now() - t);
  await observer.until(() => observer.texts(vm.machine).includes('listening'));
  if (vm.reach.kind !== 'direct') throw new Error();
  const answer = await fetch(`http://[${vm.reach.address}]:8080/`);
  console.log('answer', Date.now() - t, await answer.text(), await vm.ps());
  await vm.stop({ signal: 15, timeoutMs: 5000 });
  console.log(await observer.exitOf(vm.machine));
  await vm.ended;
  console.log('ended', Date.now() - t, observer.lines);
}, 60_000);

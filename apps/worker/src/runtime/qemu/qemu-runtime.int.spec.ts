import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootSpec, buildTestImage, RecordingObserver, testBootFiles } from '../testing/fixtures.js';
import { QemuRuntime } from './qemu-runtime.js';
import { UnprivilegedLauncher } from './unprivileged-launcher.js';

const observer = new RecordingObserver();
let directory: string;
let image: string;
let runtime: QemuRuntime;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bulkhead-runtime-'));
  const bootFiles = await testBootFiles();
  image = await buildTestImage(join(directory, 'image.erofs'));
  const launcher = new UnprivilegedLauncher(join(directory, 'vmm'), bootFiles);
  runtime = new QemuRuntime({
    directory: join(directory, 'machines'),
    launcher,
    bootFiles,
    accel: 'tcg',
    observer,
  });
}, 120_000);

afterAll(async () => {
  await rm(directory, { recursive: true });
});

it('boots', async () => {
  const t = Date.now();
  const vm = await runtime.boot(bootSpec(image, ['serve']));
  console.log('booted', Date.now() - t);
  await observer.until(() => observer.texts(vm.machine).includes('listening'));
  if (vm.reach.kind !== 'forward') throw new Error();
  const answer = await fetch(`http://127.0.0.1:${vm.reach.ports[8080]}/`);
  console.log('answer', Date.now() - t, await answer.text(), await vm.ps());
  await vm.stop({ signal: 15, timeoutMs: 5000 });
  console.log(await observer.exitOf(vm.machine));
  await vm.ended;
  console.log('ended', Date.now() - t, observer.lines);
}, 60_000);

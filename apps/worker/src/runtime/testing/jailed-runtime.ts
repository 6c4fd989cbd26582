import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BootFiles } from '../qemu/boot-files.js';
import { HostdLauncher } from '../qemu/hostd-launcher.js';
import { QemuRuntime } from '../qemu/qemu-runtime.js';
import { SnapshotKeys } from '../qemu/snapshot-keys.js';
import { buildTestImage, RecordingObserver, testBootFiles } from './fixtures.js';
import { TestHostd } from './hostd.js';

/** A host with hostd, the test image and a runtime whose process can be "restarted". */
export class JailedHost {
  observer = new RecordingObserver();
  readonly snapshotKeys: SnapshotKeys;
  runtime: QemuRuntime;

  private constructor(
    readonly home: string,
    readonly hostd: TestHostd,
    readonly image: string,
    private readonly bootFiles: BootFiles,
  ) {
    this.snapshotKeys = new SnapshotKeys(SnapshotKeys.defaultDirectory(home));
    this.runtime = this.#openRuntime();
  }

  static async start(): Promise<JailedHost> {
    const home = await mkdtemp(join(tmpdir(), 'bulkhead-runtime-'));
    const bootFiles = await testBootFiles();
    const hostd = await TestHostd.start(bootFiles, join(home, 'images'));
    const image = await buildTestImage(join(home, 'images', 'test.erofs'));
    return new JailedHost(home, hostd, image, bootFiles);
  }

  /** What a restart of the worker does to the runtime: a new object that knows nothing but the disk. */
  async restartWorker(): Promise<void> {
    await this.runtime.close();
    this.observer = new RecordingObserver();
    this.runtime = this.#openRuntime();
  }

  launcher(): HostdLauncher {
    return new HostdLauncher(this.hostd.config.socket, this.hostd.config.images);
  }

  async destroy(): Promise<void> {
    await this.runtime.close();
    await this.hostd.destroy();
    await rm(this.home, { recursive: true });
  }

  #openRuntime(): QemuRuntime {
    return new QemuRuntime({
      directory: join(this.home, 'machines'),
      launcher: this.launcher(),
      bootFiles: this.bootFiles,
      accel: 'tcg',
      observer: this.observer,
      snapshotKeys: this.snapshotKeys,
    });
  }
}

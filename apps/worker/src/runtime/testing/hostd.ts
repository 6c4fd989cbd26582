import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomInt } from 'node:crypto';
import { openCgroups } from '../../hostd/cgroups.js';
import { hostdConfig, type HostdConfig } from '../../hostd/config.js';
import { Jails } from '../../hostd/jails.js';
import { MachineNetworks } from '../../hostd/machine-network.js';
import { serve } from '../../hostd/server.js';
import type { BootFiles } from '../qemu/boot-files.js';

/** A hostd in this process (which must be root), with names and users no other test has. */
export class TestHostd {
  #server: Server | undefined;
  readonly config: HostdConfig;
  /** What hostd would have logged. */
  readonly failures: unknown[] = [];

  private constructor(
    private readonly home: string,
    bootFiles: BootFiles,
    images: string,
    readonly tag = randomInt(36 ** 4).toString(36),
  ) {
    this.config = hostdConfig.parse({
      socket: join(home, 'socket', 'hostd.sock'),
      directory: join(home, 'state'),
      tag,
      worker: { uid: 0, gid: 40_001 },
      images,
      kernel: bootFiles.kernel,
      initrd: bootFiles.initrd,
      users: { first: 1_000_000 + randomInt(100) * 1000, count: 8 },
      cgroup: `bulkhead-${tag}`,
      cpuWeight: 100, // a test shares its host with nobody it must be kind to
      maxMemoryMb: 2048,
    });
  }

  static async start(bootFiles: BootFiles, images: string): Promise<TestHostd> {
    const home = await mkdtemp(join(tmpdir(), 'bulkhead-hostd-'));
    await chmod(home, 0o711);
    await mkdir(images, { recursive: true });
    await chown(images, 0, 0);
    const hostd = new TestHostd(home, bootFiles, images);
    await hostd.restart();
    return hostd;
  }

  /** What a restart of the process does: everything is found again from disk and kernel. */
  async restart(): Promise<void> {
    this.#server?.close();
    this.#server = await serve(
      this.config,
      await Jails.open(this.config, await this.cgroups(), this.networks()),
      (error) => this.failures.push(error),
    );
  }

  /** Leaves nothing of it on the host, running VMs included. */
  async destroy(): Promise<void> {
    this.#server?.close();
    const cgroups = await this.cgroups();
    for (const machine of await cgroups.list()) await cgroups.remove(machine);
    await Jails.open(this.config, cgroups, this.networks());
    await this.networks().unprotect();
    await cgroups.destroy();
    await rm(this.home, { recursive: true });
  }

  cgroups() {
    return openCgroups(this.config);
  }

  networks() {
    return new MachineNetworks(this.tag);
  }
}

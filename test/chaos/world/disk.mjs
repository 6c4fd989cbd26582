import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../../scripts/lib/run.mjs';

/** Sparse, and large enough for what hosts promise to machines. */
const SIZE = 40 * 2 ** 30;

/** A file system of limited size for everything that an instance keeps. */
export class Disk {
  #image;

  /** @param {string} directory where it is mounted, below which an instance may run */
  constructor(directory) {
    this.directory = directory;
    this.#image = `${directory}.ext4`;
  }

  async mount() {
    mkdirSync(this.directory, { recursive: true });
    const file = openSync(this.#image, 'w');
    ftruncateSync(file, SIZE);
    closeSync(file);
    await run('mkfs.ext4', ['-q', '-m', '0', this.#image]);
    await run('mount', ['-o', 'loop', this.#image, this.directory]);
    return this;
  }

  /** Leaves not a byte; root's own files count too. */
  async fill() {
    // What is free grows and shrinks by the second: all of it is taken until nothing can be.
    for (let part = 0; this.free() > 0 && part < 100; part++)
      await run('fallocate', ['-l', String(this.free()), this.#filling(part)]).catch(() => undefined);
  }

  empty() {
    for (let part = 0; part < 100; part++) rmSync(this.#filling(part), { force: true });
  }

  free() {
    const { bavail, bsize } = statfsSync(this.directory);
    return bavail * bsize;
  }

  async unmount() {
    await run('umount', ['-l', this.directory]);
    rmSync(this.#image, { force: true });
  }

  #filling(part) {
    return path.join(this.directory, `filling-${part}`);
  }
}

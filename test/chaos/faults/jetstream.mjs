import {
  cpSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

const filesOf = (directory) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();

/** Faults of nats-server's store while it is down. Each is given the store's directory and random numbers. */
export const JETSTREAM_FAULTS = {
  'deleting one stream': (store, random) => {
    const streams = readdirSync(store, { recursive: true }).filter((name) => /streams\/EV_\w+$/.test(name));
    rmSync(path.join(store, random.pick(streams.sort())), { recursive: true });
  },
  'truncating every message block': (store, random) => {
    for (const file of filesOf(store).filter((name) => name.endsWith('.blk')))
      truncateSync(file, random.below(statSync(file).size + 1));
  },
  'flipping bytes in every file': (store, random) => {
    for (const file of filesOf(store)) {
      const bytes = readFileSync(file);
      for (let flips = 0; bytes.length > 0 && flips < 8; flips++)
        bytes[random.below(bytes.length)] ^= 1 + random.below(255);
      writeFileSync(file, bytes);
    }
  },
  'deleting everything': (store) => {
    for (const name of readdirSync(store)) rmSync(path.join(store, name), { recursive: true });
  },
};

/** A copy of a store, to be put back as if what came later had never reached the disk. */
export class StoreCopy {
  /** @param {string} store @param {string} place */
  constructor(store, place) {
    this.store = store;
    this.place = place;
    cpSync(store, place, { recursive: true, preserveTimestamps: true });
  }

  putBack() {
    for (const name of readdirSync(this.store)) rmSync(path.join(this.store, name), { recursive: true });
    cpSync(this.place, this.store, { recursive: true, preserveTimestamps: true });
  }

  remove() {
    if (existsSync(this.place)) rmSync(this.place, { recursive: true });
  }
}

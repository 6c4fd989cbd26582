import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Gives what is started by hand the weight of the platform's machines on a busy host: it would be measured as the slower otherwise. */
export class CpuShare {
  #group;

  /** @param {string} data of the platform whose machines it is to equal */
  constructor(data) {
    const hostd = path.join(data, 'hostd.json');
    if (!existsSync(hostd)) return;
    const { cgroup } = JSON.parse(readFileSync(hostd, 'utf8'));
    const root = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup'].find((each) => existsSync(path.join(each, cgroup)));
    if (root) this.#group = path.join(root, cgroup, 'by-hand');
  }

  add(pid) {
    if (!this.#group) return;
    mkdirSync(this.#group, { recursive: true });
    writeFileSync(path.join(this.#group, 'cgroup.procs'), String(pid));
  }

  /** Once nothing runs in it any more. */
  remove() {
    if (this.#group && existsSync(this.#group)) rmdirSync(this.#group);
  }
}

import { rmSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../../scripts/lib/run.mjs';

/** A copy of a whole cluster, made and put back while it is down. */
export class ClusterCopy {
  #data;
  #copy;

  /** @param {import('../../../scripts/start/layout.mjs').Layout} layout */
  constructor(layout) {
    this.#data = path.join(layout.service('postgres'), 'data');
    this.#copy = path.join(layout.service('postgres'), 'data.copy');
  }

  make() {
    return run('cp', ['-a', this.#data, this.#copy]);
  }

  async putBack() {
    rmSync(this.#data, { recursive: true });
    await run('mv', [this.#copy, this.#data]);
  }
}

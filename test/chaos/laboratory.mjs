import { fork } from 'node:child_process';
import path from 'node:path';

/** Performs scenarios in a process, a network and mounts of their own. */
export class Laboratory {
  #child = fork(path.join(import.meta.dirname, 'inside.mjs'), [], {
    execPath: 'unshare',
    execArgv: ['--net', '--mount', '--', process.execPath],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  #asked = new Map();
  #orders = 0;
  #ended = new Promise((resolve) => this.#child.once('exit', resolve));

  constructor() {
    this.#child.on('message', ({ number, problem, result }) => {
      const { resolve, reject } = this.#asked.get(number);
      this.#asked.delete(number);
      if (problem === undefined) resolve(result);
      else reject(new Error(problem));
    });
    void this.#ended.then((code) => {
      for (const { reject } of this.#asked.values())
        reject(new Error(`the scenarios' process ended with code ${code}`));
    });
  }

  /** Starts the platform. */
  begin() {
    return this.#order('begin');
  }

  /** @param {string} name @param {number} seed */
  perform(name, seed) {
    return this.#order('perform', { name, seed });
  }

  /** @returns {Promise<string>} where a copy of every process's log is */
  keepLogs() {
    return this.#order('keepLogs');
  }

  /** Stops and removes everything. */
  async end() {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }

  #order(order, told = {}) {
    const number = this.#orders++;
    return new Promise((resolve, reject) => {
      this.#asked.set(number, { resolve, reject });
      this.#child.send({ order, number, ...told }, (error) => error && reject(error));
    });
  }
}

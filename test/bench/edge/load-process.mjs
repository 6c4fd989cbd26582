import { execFileSync, fork } from 'node:child_process';
import path from 'node:path';
import { LOAD_CORE } from './cores.mjs';

/** The load generator in a process of its own, so that what it costs is not counted. */
export class LoadProcess {
  #child;
  #answers = new Map();
  #questions = 0;

  constructor(node) {
    this.#child = fork(path.join(import.meta.dirname, 'load.mjs'), {
      execPath: node,
      serialization: 'advanced',
    });
    execFileSync('taskset', ['-acp', String(LOAD_CORE), String(this.#child.pid)], { stdio: 'ignore' });
    this.#child.on('message', ({ id, answer }) => this.#settle(id, ({ resolve }) => resolve(answer)));
    this.#child.on('exit', () => {
      for (const id of this.#answers.keys())
        this.#settle(id, ({ reject }) => reject(new Error('the load generator ended: its output says why')));
    });
  }

  /** @param {keyof typeof import('./load.mjs').verbs} verb */
  ask(verb, what) {
    const id = ++this.#questions;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve, reject });
      this.#child.send({ id, verb, what });
    });
  }

  stop() {
    if (this.#child.connected) this.#child.disconnect();
  }

  #settle(id, how) {
    const waiting = this.#answers.get(id);
    this.#answers.delete(id);
    if (waiting) how(waiting);
  }
}

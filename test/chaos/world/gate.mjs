import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';

/**
 * What connections pass through, until it is shut: those that are there then hear nothing more, and new ones get no answer, as when
 * packets are dropped.
 */
export class Gate {
  #server;
  #pairs = new Set();
  #isShut = false;
  /** When something first passed since it was opened the last time, as performance.now() says. */
  openedAt = null;

  /** @param {import('node:net').NetConnectOpts} target */
  constructor(target) {
    this.#server = createServer((near) => {
      near.on('error', () => near.destroy());
      const pair = { near, far: null };
      this.#pairs.add(pair);
      near.once('close', () => {
        pair.far?.destroy();
        this.#pairs.delete(pair);
      });
      if (this.#isShut) near.pause();
      else this.#join(pair, target);
    });
  }

  /** @returns {Promise<number>} the port of loopback that leads through it */
  listen() {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(0, '127.0.0.1', () => resolve(this.#server.address().port));
    });
  }

  /** @param {string} directory for an account alone; `file` is the socket in it */
  listenAt(directory, file, account) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    rmSync(file, { force: true });
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(file, () => {
        chmodSync(file, 0o600);
        for (const place of [directory, file]) if (account) chownSync(place, account.uid, account.gid);
        resolve();
      });
    });
  }

  /** Drops everything from now on, without a word to either side. */
  shut() {
    this.#isShut = true;
    for (const { near, far } of this.#pairs) {
      near.unpipe();
      far?.unpipe();
      near.pause();
      far?.pause();
    }
  }

  /** Lets new connections through; those that were cut off end. */
  open() {
    if (!this.#isShut) return;
    this.#isShut = false;
    this.openedAt = null;
    for (const { near } of this.#pairs) near.destroy();
  }

  close() {
    for (const { near } of this.#pairs) near.destroy();
    this.#server.close();
  }

  #join(pair, target) {
    const far = createConnection(target, () => (this.openedAt ??= performance.now()));
    pair.far = far;
    far.on('error', () => pair.near.destroy());
    far.once('close', () => this.#isShut || pair.near.destroy());
    pair.near.pipe(far);
    far.pipe(pair.near);
  }
}

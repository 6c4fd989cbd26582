import { closeSync, existsSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** A log file of bounded size: when it is full it becomes `<file>.1`, and the oldest goes. */
export class RotatingLog {
  #file;
  #maxBytes;
  #keep;
  #descriptor;
  #size;
  #dropped = 0;

  constructor(file, { maxBytes = 8 * 1024 * 1024, keep = 3 } = {}) {
    this.#file = file;
    this.#maxBytes = maxBytes;
    this.#keep = keep;
    this.#open();
  }

  /**
   * What a process still says after its log was closed is dropped. What can't be written, as on a full disk, is too, and counted in
   * the log once it can be again: a log is no reason to end what it is of.
   */
  write(chunk) {
    if (this.#descriptor === null) return;
    try {
      if (this.#size > 0 && this.#size + chunk.length > this.#maxBytes) this.#rotate();
      if (this.#dropped > 0) this.#append(`(${this.#dropped} bytes could not be written here)\n`);
      this.#dropped = 0;
      this.#append(chunk);
    } catch {
      this.#dropped += chunk.length;
    }
  }

  close() {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #append(text) {
    this.#size += writeSync(this.#descriptor, text);
  }

  #open() {
    this.#descriptor = openSync(this.#file, 'a', 0o640);
    this.#size = fstatSync(this.#descriptor).size;
  }

  #rotate() {
    closeSync(this.#descriptor);
    for (let number = this.#keep - 1; number >= 1; number--) {
      const from = `${this.#file}.${number}`;
      if (existsSync(from)) renameSync(from, `${this.#file}.${number + 1}`);
    }
    renameSync(this.#file, `${this.#file}.1`);
    this.#open();
  }
}

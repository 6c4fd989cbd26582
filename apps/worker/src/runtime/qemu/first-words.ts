import type { Readable } from 'node:stream';

const MAX_LENGTH = 4096;

/** Keeps the beginning of what a VMM writes to its error output; once its guest runs, nothing of it is wanted. */
export class FirstWords {
  #text = '';

  constructor(private readonly stream: Readable) {
    stream.on('data', (chunk: Buffer) => (this.#text = (this.#text + chunk.toString()).slice(0, MAX_LENGTH)));
    stream.on('error', () => stream.destroy());
  }

  get text(): string {
    return this.#text;
  }

  close(): void {
    this.stream.destroy();
  }
}

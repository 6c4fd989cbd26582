import type { FileHandle } from 'node:fs/promises';
import type { FileContent } from '../unpack/tree.js';
import { BLOCK, INODE_BYTES } from './format.js';

const BUFFER_BYTES = 2 * 1024 ** 2;
const MAX_WRITES = 2;
/** Tails up to this sum are kept in memory to be stored beside their inodes; later ones take a block of their own. */
const INLINE_BUDGET = 64 * 1024 ** 2;

/**
 * Appends files' bytes to an image, each file from a block of its own on, while they stream in. One file at a time:
 * `begin`, then `append` until its size is reached; `drain` now and then bounds what waits for the disk.
 */
export class DataWriter {
  private buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  /** Written buffers, to be filled again: making new ones costs more than filling them. */
  private readonly spare: Buffer<ArrayBuffer>[] = [];
  private filled = 0;
  /** Bytes of the current file that go to blocks, and bytes of its tail that are still to come. */
  private bodyLeft = 0;
  private tail: Uint8Array = new Uint8Array(0);
  private tailFilled = 0;
  private inlineLeft = INLINE_BUDGET;
  private readonly writing = new Set<Promise<void>>();
  private failure: { readonly cause: unknown } | undefined;

  /** `position`: where the first file's bytes go, a multiple of the block size. */
  constructor(
    private readonly file: FileHandle,
    private position: number,
  ) {}

  /** The place a file of `size` bytes will have, `extraBytes` being what its inode needs besides (attributes). */
  begin(size: number, extraBytes: number): FileContent {
    const block = (this.position + this.filled) / BLOCK;
    const tailBytes = size % BLOCK;
    const inline =
      tailBytes > 0 && tailBytes <= BLOCK - INODE_BYTES - extraBytes && tailBytes <= this.inlineLeft;
    this.bodyLeft = inline ? size - tailBytes : size;
    this.tail = new Uint8Array(inline ? tailBytes : 0);
    this.tailFilled = 0;
    this.inlineLeft -= this.tail.length;
    return { size, block, tail: inline ? this.tail : undefined };
  }

  append(bytes: Uint8Array): void {
    const body = Math.min(bytes.length, this.bodyLeft);
    if (body > 0) this.copy(bytes.subarray(0, body));
    this.bodyLeft -= body;
    if (body > 0 && this.bodyLeft === 0) this.pad();
    this.tail.set(bytes.subarray(body), this.tailFilled);
    this.tailFilled += bytes.length - body;
  }

  /** Waits while too much is on its way to the disk; throws what writing threw. */
  async drain(): Promise<void> {
    while (this.writing.size > MAX_WRITES) await Promise.race(this.writing);
    if (this.failure) throw this.failure.cause;
  }

  /** Writes what is left and answers the position after it. */
  async finish(): Promise<number> {
    this.flush();
    await Promise.all(this.writing);
    await this.drain();
    return this.position;
  }

  private copy(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const taken = Math.min(bytes.length - at, BUFFER_BYTES - this.filled);
      this.buffer.set(bytes.subarray(at, at + taken), this.filled);
      this.filled += taken;
      at += taken;
      if (this.filled === BUFFER_BYTES) this.flush();
    }
  }

  private pad(): void {
    const end = Math.ceil(this.filled / BLOCK) * BLOCK;
    this.buffer.fill(0, this.filled, end);
    this.filled = end;
    if (this.filled === BUFFER_BYTES) this.flush();
  }

  private flush(): void {
    if (this.filled === 0) return;
    const { buffer, filled, position } = this;
    const write = writeFully(this.file, buffer.subarray(0, filled), position)
      .catch((cause: unknown) => {
        this.failure ??= { cause };
      })
      .finally(() => {
        this.writing.delete(write);
        this.spare.push(buffer);
      });
    this.writing.add(write);
    this.position += filled;
    this.filled = 0;
    this.buffer = this.spare.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  }
}

export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;)
    at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
}

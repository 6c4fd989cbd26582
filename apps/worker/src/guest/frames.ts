/**
 * The control channel's framing, as in apps/guest-init/frame.go: a 4-byte big-endian length and that many bytes of
 * JSON. Eight 0xFF bytes, which neither JSON nor an allowed length can contain, start a session anew: the port
 * outlives this process, so the first bytes read may be the end of a frame whose beginning went to an earlier one.
 */
const RESET = Buffer.alloc(8, 0xff);
const LENGTH_BYTES = 4;

/** What is accepted from a guest, and what a guest accepts. */
export const MAX_GUEST_FRAME = 256 * 1024;
export const MAX_HOST_FRAME = 8 * 1024 * 1024;

/** The guest sent bytes that its init never sends. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Encodes a message; with `reset` it begins a session. */
export function encodeFrame(message: unknown, { reset = false } = {}): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  if (body.length > MAX_HOST_FRAME) {
    throw new FrameError(
      `A message of ${body.length} bytes is beyond the ${MAX_HOST_FRAME} a guest accepts.`,
    );
  }
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(body.length);
  return Buffer.concat(reset ? [RESET, length, body] : [length, body]);
}

/** Cuts a guest's bytes into frames. Holds at most one frame and one chunk, whatever the guest sends. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);
  #synchronized = false;

  /**
   * Adds bytes and returns the frames that are complete. Everything before the first reset mark, and before any
   * later one, is dropped.
   * @throws FrameError for a length no guest-init sends
   */
  push(chunk: Buffer): Buffer[] {
    const overlap = Math.max(0, this.#pending.length - RESET.length + 1);
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const mark = this.#pending.subarray(overlap).lastIndexOf(RESET);
    if (mark >= 0) {
      this.#pending = this.#pending.subarray(overlap + mark + RESET.length);
      this.#synchronized = true;
    }
    return this.#synchronized ? this.#cut() : this.#skip();
  }

  #skip(): Buffer[] {
    this.#pending = Buffer.from(this.#pending.subarray(-RESET.length + 1));
    return [];
  }

  #cut(): Buffer[] {
    const frames: Buffer[] = [];
    for (;;) {
      this.#dropMarks();
      if (this.#pending.length < LENGTH_BYTES) break;
      const length = this.#pending.readUInt32BE();
      if (length > MAX_GUEST_FRAME) throw new FrameError(`The guest announced a frame of ${length} bytes.`);
      if (this.#pending.length < LENGTH_BYTES + length) break;
      frames.push(this.#pending.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
      this.#pending = this.#pending.subarray(LENGTH_BYTES + length);
    }
    return frames;
  }

  /** Between frames, bytes of 0xFF can only belong to a reset mark, or be the end of one. */
  #dropMarks(): void {
    let start = 0;
    while (this.#pending[start] === 0xff) start += 1;
    this.#pending = this.#pending.subarray(start);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws FrameError for anything but JSON in UTF-8 */
export function parseFrame(frame: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(frame));
  } catch (cause) {
    throw new FrameError('The guest sent a frame that is not JSON.', { cause });
  }
}

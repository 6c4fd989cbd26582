import { createCipheriv, createDecipheriv } from 'node:crypto';
import { TerminalError } from '@bulkhead/contracts';

/** Bytes of plaintext per chunk, all but the last. */
const CHUNK = 256 * 1024;
const TAG = 16;
const CIPHER = 'aes-256-gcm';

/** A key used for one stream alone: nonces count from zero. */
export interface StreamKey {
  readonly key: Buffer;
  /** What the stream is of; it opens for nothing else. */
  readonly context: string;
}

/**
 * Seals a stream chunk by chunk, so that what is read of it later was verified before anybody acts on it. The nonce of a chunk is its
 * number and whether it is the last, which makes a stream that was cut, repeated or reordered as unreadable as one that was altered
 * (the STREAM construction: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption", 2015).
 */
export async function* seal(source: AsyncIterable<Uint8Array>, stream: StreamKey): AsyncGenerator<Buffer> {
  let number = 0;
  for await (const { bytes, isLast } of chunks(source, CHUNK)) {
    const cipher = createCipheriv(CIPHER, stream.key, nonce(number++, isLast));
    cipher.setAAD(Buffer.from(stream.context));
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }
}

/**
 * Opens what `seal` made; each chunk is verified before it is given out, and the end before this returns.
 * @throws TerminalError `stream_altered`
 */
export async function* unseal(source: AsyncIterable<Uint8Array>, stream: StreamKey): AsyncGenerator<Buffer> {
  let number = 0;
  for await (const { bytes, isLast } of chunks(source, CHUNK + TAG))
    yield open(bytes, number++, isLast, stream);
}

function open(bytes: Buffer, number: number, isLast: boolean, { key, context }: StreamKey): Buffer {
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce(number, isLast), { authTagLength: TAG });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(-TAG));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG)), decipher.final()]);
  } catch (cause) {
    throw new TerminalError(
      'stream_altered',
      `Chunk ${number} of the sealed stream is not what was written.`,
      {
        cause,
      },
    );
  }
}

function nonce(number: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUIntBE(number, 5, 6);
  bytes.writeUInt8(isLast ? 1 : 0, 11);
  return bytes;
}

/** Cuts a stream anew: chunks of one size and a last one, which is empty only where the stream is. */
async function* chunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<{ readonly bytes: Buffer; readonly isLast: boolean }> {
  let chunk = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const piece of source)
    for (let at = 0; at < piece.length;) {
      if (filled === size) {
        yield { bytes: chunk, isLast: false };
        chunk = Buffer.allocUnsafe(size);
        filled = 0;
      }
      const part = piece.subarray(at, at + size - filled);
      chunk.set(part, filled);
      filled += part.length;
      at += part.length;
    }
  yield { bytes: chunk.subarray(0, filled), isLast: true };
}

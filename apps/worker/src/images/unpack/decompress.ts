import { pipeline, Readable, type Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { codeOf, refused } from '@bulkhead/images';

const CHUNK_BYTES = 512 * 1024;
const GZIP_MAGIC = [0x1f, 0x8b];
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** RFC 8878 section 3.1.1.1.2 lets a decoder set a limit; 2^27 is what `zstd` itself decodes unasked. */
const MAX_ZSTD_WINDOW_LOG = 27;

/**
 * Unpacks gzip or zstd, told by the first bytes since media types are often wrong, and passes anything else on.
 * Throws `image_layer_invalid`, and what `bytes` throws.
 */
export async function* decompressed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const iterator = bytes[Symbol.asyncIterator]();
  const head = await takeHead(iterator);
  const transform = decompressorFor(head);
  if (!transform) return yield* resumed(head, iterator);
  // Whatever fails in here destroys `transform`, whose reader gets to know.
  pipeline(Readable.from(resumed(head, iterator), { objectMode: false }), transform, () => undefined);
  try {
    yield* transform as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (!/^(?:Z_|ZSTD_)/.test(codeOf(error))) throw error;
    throw refused('image_layer_invalid', `A layer can't be decompressed (${codeOf(error)}).`, error);
  }
}

function decompressorFor(head: Uint8Array): Transform | undefined {
  const starts = (magic: readonly number[]) => magic.every((byte, index) => head[index] === byte);
  const options = { chunkSize: CHUNK_BYTES, readableHighWaterMark: 2 * CHUNK_BYTES };
  if (starts(GZIP_MAGIC)) return createGunzip(options);
  if (starts(ZSTD_MAGIC))
    return createZstdDecompress({
      ...options,
      params: { [constants.ZSTD_d_windowLogMax]: MAX_ZSTD_WINDOW_LOG },
    });
  return undefined;
}

/** The first bytes, at least four where there are so many. */
async function takeHead(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head = Buffer.alloc(0);
  while (head.length < ZSTD_MAGIC.length) {
    const next = await iterator.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* resumed(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    if (head.length > 0) yield head;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

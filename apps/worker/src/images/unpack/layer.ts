import { createHash } from 'node:crypto';
import type { DataWriter } from '../erofs/data-writer.js';
import { encodeXattrs } from '../erofs/format.js';
import { type Descriptor, type Digest, refused, verified } from '@bulkhead/images';
import type { ImageLimits } from '../limits.js';
import { decompressed } from './decompress.js';
import { applyEntry, type Overlay } from './overlay.js';
import { readable, TarReader, type TarEntry, type TarSink } from './tar.js';

/** What the layers of one image have used up of its limits. */
export interface Consumption {
  entries: number;
  unpackedBytes: number;
  metadataBytes: number;
}

/** Where an image's layers are unpacked to: names into memory, files' bytes into the image under construction. */
export interface Unpacking {
  readonly overlay: Overlay;
  readonly data: DataWriter;
  readonly limits: ImageLimits;
  readonly used: Consumption;
}

/**
 * Unpacks the next layer while its bytes come in, verifying its own digest and that of what it unpacks to. Throws
 * `image_digest_mismatch`, `image_layer_invalid`, `image_layer_unsafe` or `image_too_large`; what was unpacked until
 * then is worthless.
 */
export async function unpackLayer(
  unpacking: Unpacking,
  descriptor: Descriptor,
  diffId: Digest,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { data, overlay } = unpacking;
  const tar = new TarReader(layerSink(unpacking));
  const hash = createHash('sha256');
  const raw = new ProvenBytes(descriptor, bytes);
  const limit = unpackedLimit(unpacking, raw);
  overlay.layer += 1;
  for await (const chunk of decompressed(raw)) {
    limit(chunk.length);
    hash.update(chunk);
    tar.write(chunk);
    await data.drain();
  }
  tar.end();
  if (!raw.proven)
    throw refused(
      'image_layer_invalid',
      `Layer ${descriptor.digest} has bytes after the end of its compressed stream.`,
    );
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== diffId)
    throw refused(
      'image_digest_mismatch',
      `Layer ${descriptor.digest} unpacks to ${actual}; the image's configuration says ${diffId}.`,
    );
}

/** A layer's transferred bytes; `proven` once all of them came and had the right digest. */
class ProvenBytes implements AsyncIterable<Uint8Array> {
  received = 0;
  proven = false;

  constructor(
    private readonly descriptor: Descriptor,
    private readonly bytes: AsyncIterable<Uint8Array>,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of verified(this.descriptor, this.bytes)) {
      this.received += chunk.length;
      yield chunk;
    }
    this.proven = true;
  }
}

/** Refuses bombs: too much altogether, or far more than came in. */
function unpackedLimit({ used, limits }: Unpacking, raw: ProvenBytes): (bytes: number) => void {
  let unpacked = 0;
  return (bytes) => {
    unpacked += bytes;
    used.unpackedBytes += bytes;
    if (used.unpackedBytes > limits.unpackedBytes)
      throw refused('image_too_large', `The image unpacks to more than ${limits.unpackedBytes} bytes.`);
    if (unpacked > limits.ratioGraceBytes && unpacked > raw.received * limits.compressionRatio)
      throw refused(
        'image_too_large',
        `A layer unpacks to more than ${limits.compressionRatio} times its size; it looks like a decompression bomb.`,
      );
  };
}

function layerSink({ overlay, data, limits, used }: Unpacking): TarSink {
  let keeping = false;
  return {
    entry(entry) {
      admit(entry, limits, used);
      keeping = false;
      applyEntry(overlay, entry, (size, { xattrs }) => {
        keeping = true;
        return data.begin(size, encodeXattrs(xattrs).length);
      });
    },
    data(bytes) {
      if (keeping) data.append(bytes);
    },
  };
}

function admit(entry: TarEntry, limits: ImageLimits, used: Consumption): void {
  if ((used.entries += 1) > limits.entries)
    throw refused('image_too_large', `The image's layers have more than ${limits.entries} entries.`);
  if (entry.type === 'file' && entry.size > limits.fileBytes)
    throw refused(
      'image_too_large',
      `${readable(entry.path)} has ${entry.size} bytes; at most ${limits.fileBytes} are taken.`,
    );
  used.metadataBytes += metadataBytes(entry);
  if (used.metadataBytes > limits.metadataBytes)
    throw refused(
      'image_too_large',
      `The image's names and attributes take more than ${limits.metadataBytes} bytes.`,
    );
}

function metadataBytes(entry: TarEntry): number {
  let bytes = entry.path.length + ('target' in entry ? entry.target.length : 0);
  for (const [name, value] of entry.xattrs) bytes += name.length + value.length;
  return bytes;
}

import type { FileHandle } from 'node:fs/promises';
import { beginImage, finishImage, type WrittenImage } from '../erofs/image.js';
import { type ImageSource, refused, type ResolvedImage } from '@bulkhead/images';
import type { ImageLimits } from '../limits.js';
import { unpackLayer, type Unpacking } from './layer.js';
import { newOverlay } from './overlay.js';
import { readAhead } from './read-ahead.js';

export interface BuildOptions {
  readonly limits: ImageLimits;
  readonly signal: AbortSignal;
  /** Called with each piece's length as it arrives. */
  readonly onBytes: (bytes: number) => void;
  /** Called once all layers are in. */
  readonly onUnpacked: () => void;
}

/**
 * Writes an image's root file system as EROFS into an empty file while its layers are downloaded. The same image
 * gives the same bytes. Only when it answers are all digests verified and all bytes on disk.
 */
export async function buildRootFilesystem(
  source: ImageSource,
  image: ResolvedImage,
  file: FileHandle,
  { limits, signal, onBytes, onUnpacked }: BuildOptions,
): Promise<WrittenImage> {
  refuseOversized(image, limits);
  const unpacking: Unpacking = {
    overlay: newOverlay(limits.entries),
    data: beginImage(file),
    limits,
    used: { entries: 0, unpackedBytes: 0, metadataBytes: 0 },
  };
  const blobs = readAhead(image.manifest.layers, (layer, until) => source.blob(layer, until), signal);
  try {
    for (const [index, diffId] of image.config.diffIds.entries()) {
      const layer = image.manifest.layers[index];
      if (layer) await unpackLayer(unpacking, layer, diffId, counted(blobs.next(), onBytes));
    }
  } finally {
    blobs.close();
  }
  onUnpacked();
  const uuid = Buffer.from(image.digest.slice('sha256:'.length), 'hex').subarray(0, 16);
  return finishImage(file, unpacking.data, unpacking.overlay.root, uuid);
}

function refuseOversized({ manifest, compressedBytes }: ResolvedImage, limits: ImageLimits): void {
  if (manifest.layers.length > limits.layers)
    throw refused(
      'image_too_large',
      `The image has ${manifest.layers.length} layers; at most ${limits.layers} are taken.`,
    );
  if (compressedBytes > limits.compressedBytes)
    throw refused(
      'image_too_large',
      `The image's layers have ${compressedBytes} bytes; at most ${limits.compressedBytes} are taken.`,
    );
}

async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of bytes) {
    onBytes(chunk.length);
    yield chunk;
  }
}

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

/** How much of a stranger's image is taken; each bound is refused with `image_too_large`. Sizes are bytes. */
export interface ImageLimits {
  readonly layers: number;
  /** All layers together, as transferred. */
  readonly compressedBytes: number;
  /** All layers together, unpacked: tar framing included. */
  readonly unpackedBytes: number;
  readonly fileBytes: number;
  /** Tar entries of all layers together; each costs about half a kilobyte of memory while the image is built. */
  readonly entries: number;
  /** Inodes, names, attributes and file tails, all held in memory while the image is built. */
  readonly metadataBytes: number;
  /** Unpacked to transferred, looked at beyond `ratioGraceBytes`. */
  readonly compressionRatio: number;
  readonly ratioGraceBytes: number;
}

export const DEFAULT_LIMITS: ImageLimits = {
  layers: 128,
  compressedBytes: 8 * GiB,
  unpackedBytes: 16 * GiB,
  fileBytes: 8 * GiB,
  entries: 500_000,
  metadataBytes: 256 * MiB,
  compressionRatio: 250,
  ratioGraceBytes: 64 * MiB,
};

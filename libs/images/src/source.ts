import { createHash } from 'node:crypto';
import { refused } from './errors.js';
import type { Descriptor } from './manifest.js';
import type { Digest } from './reference.js';

/** Bytes of a manifest or index, hashed but not yet parsed. */
export interface RawManifest {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** As the transport named it. */
  readonly mediaType: string | undefined;
}

/** Where one image's content comes from. Nothing it returns is trusted until its digest was checked. */
export interface ImageSource {
  /** By digest (then verified) or tag; `undefined` stands for what the reference itself names. */
  manifest(digest: Digest | undefined, signal: AbortSignal): Promise<RawManifest>;
  /** The stored bytes, unverified, in order; a fault on the way is retried inside. */
  blob(descriptor: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export const sha256 = (bytes: Uint8Array): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * Passes `bytes` on while counting and hashing them. Its end is the proof: a consumer may use what it got, but keep
 * it only after the iteration ended without throwing `image_digest_mismatch`.
 */
export async function* verified(
  { digest, size }: Descriptor,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  let received = 0;
  for await (const chunk of bytes) {
    received += chunk.length;
    if (received > size) throw mismatch(digest, `more than the ${size} bytes announced`);
    hash.update(chunk);
    yield chunk;
  }
  if (received !== size) throw mismatch(digest, `${received} bytes instead of ${size}`);
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== digest) throw mismatch(digest, `bytes with the digest ${actual}`);
}

/** A whole small blob, verified; throws `image_too_large` before asking for more than `limit` bytes. */
export async function readBlob(
  source: ImageSource,
  descriptor: Descriptor,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (descriptor.size > limit)
    throw refused(
      'image_too_large',
      `Blob ${descriptor.digest} has ${descriptor.size} bytes; at most ${limit} are read.`,
    );
  const chunks: Uint8Array[] = [];
  for await (const chunk of verified(descriptor, source.blob(descriptor, signal))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function checkManifestDigest(expected: Digest | undefined, manifest: RawManifest): RawManifest {
  if (expected && manifest.digest !== expected)
    throw mismatch(expected, `a manifest with the digest ${manifest.digest}`);
  return manifest;
}

const mismatch = (digest: Digest, got: string) =>
  refused(
    'image_digest_mismatch',
    `Asked for ${digest}, got ${got}. The image is damaged or was tampered with.`,
  );

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Digest } from '../reference.js';

/** Writes OCI image layouts for tests, honest or not. */
export interface LayoutImage {
  /** Uncompressed tar streams, lowest first. */
  readonly layers: readonly Uint8Array[];
  readonly config?: Record<string, unknown>;
  readonly compress?: (tar: Uint8Array) => Uint8Array;
  readonly layerType?: string;
  /** May replace what the configuration says the layers unpack to. */
  readonly diffIds?: readonly string[];
  readonly platform?: { readonly os: string; readonly architecture: string };
}

export const digestOf = (bytes: Uint8Array): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export async function writeLayout(directory: string, image: LayoutImage, tag = 'latest'): Promise<Digest> {
  const manifest = await writeManifest(directory, image);
  const index = {
    schemaVersion: 2,
    manifests: [{ ...manifest, annotations: { 'org.opencontainers.image.ref.name': tag } }],
  };
  await writeFile(join(directory, 'index.json'), JSON.stringify(index));
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  return manifest.digest;
}

async function writeManifest(directory: string, image: LayoutImage) {
  const { layers, compress = gzipSync, layerType = 'application/vnd.oci.image.layer.v1.tar+gzip' } = image;
  const platform = image.platform ?? { os: 'linux', architecture: 'amd64' };
  const config = {
    ...platform,
    config: image.config ?? {},
    rootfs: { type: 'layers', diff_ids: image.diffIds ?? layers.map(digestOf) },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: await writeBlob(directory, 'application/vnd.oci.image.config.v1+json', json(config)),
    layers: await Promise.all(layers.map((layer) => writeBlob(directory, layerType, compress(layer)))),
  };
  return { ...(await writeBlob(directory, manifest.mediaType, json(manifest))), platform };
}

export async function writeBlob(directory: string, mediaType: string, bytes: Uint8Array) {
  const digest = digestOf(bytes);
  const blobs = join(directory, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  await writeFile(join(blobs, digest.slice('sha256:'.length)), bytes);
  return { mediaType, digest, size: bytes.length };
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

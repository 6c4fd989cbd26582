import { refused } from './errors.js';
import { parseConfig, type ImageConfig } from './config.js';
import { choosePlatform, MAX_CONFIG_BYTES, parseDocument, type Manifest, type Platform } from './manifest.js';
import { type Digest } from './reference.js';
import { readBlob, type ImageSource } from './source.js';

export const LINUX_AMD64: Platform = { os: 'linux', architecture: 'amd64' };

/** What a reference stands for at this moment. */
export interface ResolvedImage {
  /** Of the manifest for the platform, never of an index: the image's one name from here on. */
  readonly digest: Digest;
  readonly manifest: Manifest;
  readonly config: ImageConfig;
  /** All layers together, as transferred. */
  readonly compressedBytes: number;
}

/**
 * Finds the manifest of a platform and its configuration, both verified; touches no disk of its own. Throws
 * `image_not_found`, `image_platform_missing`, `image_manifest_invalid`, `image_digest_mismatch`, and what the source throws.
 */
export async function resolveImage(
  source: ImageSource,
  platform: Platform,
  signal: AbortSignal,
): Promise<ResolvedImage> {
  const { digest, manifest } = await findManifest(source, platform, signal);
  const config = parseConfig(await readBlob(source, manifest.config, MAX_CONFIG_BYTES, signal));
  if (config.platform.os !== platform.os || config.platform.architecture !== platform.architecture)
    throw refused(
      'image_platform_missing',
      `The image is for ${config.platform.os}/${config.platform.architecture}, not ${platform.os}/${platform.architecture}.`,
    );
  if (config.diffIds.length !== manifest.layers.length)
    throw refused(
      'image_manifest_invalid',
      `The manifest has ${manifest.layers.length} layers, the configuration ${config.diffIds.length}.`,
    );
  return {
    digest,
    manifest,
    config,
    compressedBytes: manifest.layers.reduce((sum, { size }) => sum + size, 0),
  };
}

async function findManifest(
  source: ImageSource,
  platform: Platform,
  signal: AbortSignal,
): Promise<{ digest: Digest; manifest: Manifest }> {
  const top = await source.manifest(undefined, signal);
  const document = parseDocument(top.bytes, top.mediaType);
  if (document.kind === 'manifest') return { digest: top.digest, manifest: document.manifest };
  const chosen = choosePlatform(document.index, platform);
  const below = await source.manifest(chosen.digest, signal);
  const nested = parseDocument(below.bytes, below.mediaType ?? chosen.mediaType);
  if (nested.kind === 'index')
    throw refused(
      'image_unsupported',
      'The image is an index of indexes; push it as one index of manifests.',
    );
  return { digest: below.digest, manifest: nested.manifest };
}

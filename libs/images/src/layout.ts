import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { refused } from './errors.js';
import { MAX_MANIFEST_BYTES, parseLayoutIndex, type Descriptor, type Index } from './manifest.js';
import { formatReference, type Digest, type LayoutReference } from './reference.js';
import { checkManifestDigest, sha256, type ImageSource, type RawManifest } from './source.js';

const TAG_ANNOTATION = 'org.opencontainers.image.ref.name';
const READ_BYTES = 256 * 1024;

/**
 * An OCI image layout on this host (image-spec `image-layout.md`). Its directory must be in one of `roots`, so that
 * whoever may name an image cannot name any file of the host.
 */
export async function openLayout(reference: LayoutReference, roots: readonly string[]): Promise<ImageSource> {
  const directory = await realpath(reference.directory).catch(missing(reference));
  const allowed = await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)));
  if (!allowed.some((root) => root !== undefined && (directory === root || directory.startsWith(root + sep))))
    throw refused(
      'registry_forbidden',
      `${reference.directory} is in none of the directories this host takes image layouts from.`,
    );
  return new LayoutSource(reference, directory);
}

class LayoutSource implements ImageSource {
  constructor(
    private readonly reference: LayoutReference,
    private readonly directory: string,
  ) {}

  async manifest(digest: Digest | undefined, signal: AbortSignal): Promise<RawManifest> {
    signal.throwIfAborted();
    const wanted = digest ?? this.reference.digest;
    if (wanted) return checkManifestDigest(wanted, await this.readManifest(wanted, undefined));
    const { digest: tagged, mediaType } = this.chooseTagged(
      parseLayoutIndex(await this.readFile('index.json')),
    );
    return checkManifestDigest(tagged, await this.readManifest(tagged, mediaType));
  }

  async *blob({ digest }: Descriptor, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    await using file = await this.open(blobPath(digest));
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafeSlow(READ_BYTES) });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  }

  private chooseTagged({ manifests }: Index): Descriptor {
    const tag = this.reference.tag ?? 'latest';
    const tagged = manifests.filter(({ annotations }) => annotations?.[TAG_ANNOTATION] === tag);
    const candidates = tagged.length === 0 && !this.reference.tag ? manifests : tagged;
    const [only] = candidates;
    if (only && candidates.length === 1) return only;
    const tags = manifests.map(({ annotations }) => annotations?.[TAG_ANNOTATION] ?? '(untagged)').join(', ');
    throw refused(
      'image_not_found',
      `${this.reference.directory} has ${candidates.length} images tagged "${tag}"; it holds: ${tags || 'none'}.`,
    );
  }

  private async readManifest(digest: Digest, mediaType: string | undefined): Promise<RawManifest> {
    const bytes = await this.readFile(blobPath(digest));
    return { bytes, digest: sha256(bytes), mediaType };
  }

  private async readFile(path: string): Promise<Uint8Array> {
    await using file = await this.open(path);
    const { size } = await file.stat();
    if (size > MAX_MANIFEST_BYTES)
      throw refused('image_too_large', `${path} of ${formatReference(this.reference)} has more than 4 MiB.`);
    return await file.readFile();
  }

  private async open(path: string): Promise<FileHandle> {
    const file = await open(
      join(this.directory, path),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    ).catch(missing(this.reference));
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw refused(
      'image_manifest_invalid',
      `${path} of ${formatReference(this.reference)} is not a regular file.`,
    );
  }
}

const blobPath = (digest: Digest) => join('blobs', 'sha256', digest.slice('sha256:'.length));

const missing = (reference: LayoutReference) => (cause: unknown) => {
  throw refused('image_not_found', `${formatReference(reference)} is no complete OCI image layout.`, cause);
};

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/**
 * Writes an OCI image layout with one linux/amd64 image, in place of what the directory held. Who reads
 * it meanwhile gets the old image or the new one: the index is replaced last, by a rename.
 * @param {string} directory
 * @param {{ layers: readonly Uint8Array[], config: object, tag: string }} image `layers`: uncompressed tar streams, the lowest first
 * @returns {string} the manifest's digest
 */
export function writeLayout(directory, { layers, config, tag }) {
  const blobs = join(directory, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const old = readdirSync(blobs);
  const blob = (mediaType, bytes) => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    replaceFile(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const imageConfig = {
    architecture: 'amd64',
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
  };
  const parts = {
    config: blob(CONFIG, json(imageConfig)),
    layers: layers.map((layer) => blob(LAYER, gzipSync(layer, { level: 9 }))),
  };
  const manifest = blob(MANIFEST, json({ schemaVersion: 2, mediaType: MANIFEST, ...parts }));
  const tagged = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': tag } };
  replaceFile(join(directory, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  replaceFile(join(directory, 'index.json'), json({ schemaVersion: 2, manifests: [tagged] }));
  const used = [manifest, parts.config, ...parts.layers].map(({ digest }) => digest.slice('sha256:'.length));
  for (const hex of old) if (!used.includes(hex)) rmSync(join(blobs, hex));
  return manifest.digest;
}

function replaceFile(path, content) {
  writeFileSync(`${path}.new`, content, { mode: 0o644 });
  renameSync(`${path}.new`, path);
}

const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const json = (value) => Buffer.from(JSON.stringify(value));

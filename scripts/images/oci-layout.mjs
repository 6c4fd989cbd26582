import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/**
 * Writes an OCI image layout with one linux/amd64 image of one layer, in place of what the directory held. Who reads
 * it meanwhile gets the old image or the new one: the index is replaced last, by a rename.
 * @param {string} directory
 * @param {{ layer: Uint8Array, config: object, tag: string }} image `layer`: an uncompressed tar stream
 * @returns {string} the manifest's digest
 */
export function writeLayout(directory, { layer, config, tag }) {
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
    rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`] },
  };
  const parts = {
    config: blob(CONFIG, json(imageConfig)),
    layers: [blob(LAYER, gzipSync(layer, { level: 9 }))],
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

const json = (value) => Buffer.from(JSON.stringify(value));

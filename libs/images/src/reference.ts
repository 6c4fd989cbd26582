import { refused } from './errors.js';

/** `sha256:` and 64 hex digits; no other algorithm is accepted. */
export type Digest = `sha256:${string}`;

/** An image on a registry that speaks the OCI distribution protocol; `host` may carry a port. */
export interface RegistryReference {
  readonly kind: 'registry';
  readonly host: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

/** An OCI image layout directory on this host. */
export interface LayoutReference {
  readonly kind: 'layout';
  readonly directory: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

export type ImageReference = RegistryReference | LayoutReference;

const MAX_LENGTH = 1024;
const DOCKER_HUB = 'registry-1.docker.io';
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const TAG = /^\w[\w.-]{0,127}$/;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/;
const HOST =
  /^(?:\[[0-9a-fA-F:]{2,45}\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::([0-9]{1,5}))?$/;

export const isDigest = (text: string): text is Digest => DIGEST.test(text);

/**
 * Reads `[host[:port]/]repository[:tag][@sha256:…]` as Docker does (`alpine` is `docker.io/library/alpine:latest`),
 * or `oci:/directory[:tag][@sha256:…]`. Throws `image_reference_invalid`.
 */
export function parseReference(text: string): ImageReference {
  if (text.length > MAX_LENGTH) throw invalid(`${text.slice(0, 60)}…`, 'it is too long');
  const [withoutDigest, digest] = splitDigest(text);
  return withoutDigest.startsWith('oci:')
    ? layoutReference(text, withoutDigest.slice('oci:'.length), digest)
    : registryReference(text, withoutDigest, digest);
}

/** The reference as people write it; `parseReference` reads it back. */
export function formatReference(reference: ImageReference): string {
  const name =
    reference.kind === 'layout' ? `oci:${reference.directory}` : `${reference.host}/${reference.repository}`;
  return name + (reference.tag ? `:${reference.tag}` : '') + (reference.digest ? `@${reference.digest}` : '');
}

/** The same image by its digest alone, wherever its tag has moved. Throws `image_reference_invalid`. */
export function pinReference(text: string, digest: string): string {
  if (!isDigest(digest)) throw invalid(text, `"${digest}" is no digest`);
  return formatReference({ ...parseReference(text), digest });
}

function splitDigest(text: string): [string, Digest | undefined] {
  const at = text.indexOf('@');
  if (at < 0) return [text, undefined];
  const digest = text.slice(at + 1);
  if (!isDigest(digest)) throw invalid(text, 'what follows @ must be sha256: and 64 lower-case hex digits');
  return [text.slice(0, at), digest];
}

function splitTag(text: string, path: string): [string, string | undefined] {
  const colon = path.lastIndexOf(':');
  if (colon <= path.lastIndexOf('/')) return [path, undefined];
  const tag = path.slice(colon + 1);
  if (!TAG.test(tag)) throw invalid(text, `"${tag}" is no valid tag`);
  return [path.slice(0, colon), tag];
}

function layoutReference(text: string, path: string, digest: Digest | undefined): LayoutReference {
  const [directory, tag] = splitTag(text, path);
  if (!directory.startsWith('/') || directory.includes('\0') || directory.split('/').includes('..'))
    throw invalid(text, 'oci: needs an absolute directory without ".."');
  return { kind: 'layout', directory, tag, digest };
}

function registryReference(text: string, name: string, digest: Digest | undefined): RegistryReference {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const named = first !== '' && (/[.:]/.test(first) || first === 'localhost');
  const [path, tag] = splitTag(text, named ? name.slice(slash + 1) : name);
  const host = named ? registryHost(text, first) : DOCKER_HUB;
  const repository = host === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path;
  if (repository.length > 255 || !repository.split('/').every((part) => COMPONENT.test(part)))
    throw invalid(text, `"${repository}" is no valid repository name`);
  return { kind: 'registry', host, repository, tag: tag ?? (digest ? undefined : 'latest'), digest };
}

/** A registry's `host[:port]` as references name it: `docker.io` by the host that answers for it. Throws `image_reference_invalid`. */
export const parseRegistryHost = (written: string): string => registryHost(written, written);

function registryHost(text: string, written: string): string {
  const port = HOST.exec(written)?.[1];
  const isHost = HOST.test(written) && written.length <= 255 && URL.canParse(`https://${written}`);
  if (!isHost || Number(port ?? 1) < 1) throw invalid(text, `"${written}" is no valid registry host`);
  const host = written.toLowerCase();
  return ['docker.io', 'index.docker.io'].includes(host) ? DOCKER_HUB : host;
}

const invalid = (text: string, why: string) =>
  refused('image_reference_invalid', `"${text}" is not an image reference: ${why}.`);

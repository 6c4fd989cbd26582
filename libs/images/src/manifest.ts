import { z } from 'zod';
import { refused } from './errors.js';
import { isDigest, type Digest } from './reference.js';

/** OCI image-spec v1.1 `manifest.md`, `image-index.md`; Docker's schema 2 differs in media types alone. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;
export const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;
const CONFIG_TYPES = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];
const LAYER_TYPES = [
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd',
  'application/vnd.docker.image.rootfs.diff.tar',
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
  'application/vnd.docker.image.rootfs.diff.tar.zstd',
];

export const MAX_MANIFEST_BYTES = 4 * 1024 ** 2;
export const MAX_CONFIG_BYTES = 4 * 1024 ** 2;

const descriptor = z.object({
  mediaType: z.string().max(255),
  digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'is no sha256 digest'),
  size: z.int().min(0),
});
/** Where content is and what it must hash to. */
export type Descriptor = Readonly<z.infer<typeof descriptor>>;

const manifest = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor).max(1024),
});
export type Manifest = Readonly<z.infer<typeof manifest>>;

const platform = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
});
const index = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z
    .array(
      descriptor.extend({
        platform: platform.optional(),
        annotations: z.record(z.string(), z.string()).optional(),
      }),
    )
    .max(1024),
});
export type Index = Readonly<z.infer<typeof index>>;

export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

/** A manifest or an index, as its media type (the transport's, else its own) says. */
export type Document =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'index'; readonly index: Index };

/** Throws `image_manifest_invalid`, or `image_unsupported` for kinds of content Bulkhead doesn't run. */
export function parseDocument(bytes: Uint8Array, transportType: string | undefined): Document {
  const json = parseJson(bytes, 'manifest');
  const own = z.object({ mediaType: z.string().optional() }).safeParse(json).data?.mediaType;
  if (own && transportType && isDocumentType(transportType) && own !== transportType)
    throw refused('image_manifest_invalid', `The manifest says it is ${own}, the registry ${transportType}.`);
  const type = own ?? transportType ?? '';
  if (includes(INDEX_TYPES, type)) return { kind: 'index', index: conform(index, json, 'index') };
  if (!includes(MANIFEST_TYPES, type) && own !== undefined)
    throw refused(
      'image_unsupported',
      `Manifests of type ${type} are not supported; push the image as OCI or Docker schema 2.`,
    );
  return { kind: 'manifest', manifest: runnable(conform(manifest, json, 'manifest')) };
}

/** The index from the directory of an OCI layout, whose media type is optional. */
export const parseLayoutIndex = (bytes: Uint8Array): Index =>
  conform(index, parseJson(bytes, 'index'), 'index');

/** Throws `image_platform_missing`, naming what there is. */
export function choosePlatform({ manifests }: Index, wanted: Platform): Descriptor {
  const chosen = manifests.find(
    ({ platform: offered }) => offered?.os === wanted.os && offered.architecture === wanted.architecture,
  );
  if (chosen) return chosen;
  const offered = manifests.flatMap(({ platform: p }) =>
    p && p.os !== 'unknown' ? [`${p.os}/${p.architecture}`] : [],
  );
  throw refused(
    'image_platform_missing',
    `The image has no ${wanted.os}/${wanted.architecture} variant; it offers ${offered.join(', ') || 'none'}.`,
  );
}

export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw refused('image_manifest_invalid', `The image's ${what} is not JSON.`, cause);
  }
}

export function conform<T>(schema: z.ZodType<T>, json: unknown, what: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw refused(
    'image_manifest_invalid',
    `The image's ${what} is invalid at ${issue?.path.join('.') || 'its root'}: ${issue?.message ?? 'unknown'}.`,
    parsed.error,
  );
}

function runnable(parsed: Manifest): Manifest {
  if (!CONFIG_TYPES.includes(parsed.config.mediaType))
    throw refused(
      'image_unsupported',
      `This is no container image but an artifact of type ${parsed.config.mediaType}.`,
    );
  const foreign = parsed.layers.find(({ mediaType }) => !LAYER_TYPES.includes(mediaType));
  if (foreign) throw refused('image_unsupported', `Layers of type ${foreign.mediaType} are not supported.`);
  return parsed;
}

const includes = (types: readonly string[], type: string) => types.includes(type);
const isDocumentType = (type: string) => includes(MANIFEST_TYPES, type) || includes(INDEX_TYPES, type);

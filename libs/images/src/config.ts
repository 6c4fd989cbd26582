import { z } from 'zod';
import { refused } from './errors.js';
import { conform, parseJson } from './manifest.js';
import { isDigest, type Digest } from './reference.js';

const digest = z.custom<Digest>(
  (value) => typeof value === 'string' && isDigest(value),
  'is no sha256 digest',
);
const text = z.string().max(128 * 1024);
const strings = z
  .array(text)
  .max(4096)
  .nullish()
  .transform((value) => value ?? []);
const optionalText = text.nullish().transform((value) => value || undefined);

/** OCI image-spec v1.1 `config.md`; unknown fields are none of our business. */
const schema = z.object({
  architecture: z.string().max(64),
  os: z.string().max(64),
  created: optionalText,
  config: z
    .object({
      User: optionalText,
      ExposedPorts: z.record(z.string().max(64), z.unknown()).nullish(),
      Env: strings,
      Entrypoint: strings,
      Cmd: strings,
      WorkingDir: optionalText,
      StopSignal: optionalText,
      Labels: z.record(z.string(), text).nullish(),
    })
    .nullish(),
  rootfs: z.object({
    type: z.literal('layers'),
    diff_ids: z.array(digest).max(1024),
  }),
});

const platform = z.object({ os: z.string(), architecture: z.string() });

/** What an image asks of whoever runs it, as it is kept beside the image too. */
export const imageConfig = z
  .object({
    platform,
    /** `NAME=value`, in the image's order. */
    env: z.array(z.string()).readonly(),
    entrypoint: z.array(z.string()).readonly(),
    cmd: z.array(z.string()).readonly(),
    workdir: z.string(),
    /** `user`, `uid`, `user:group` or `uid:gid`, to be looked up in the image's own /etc/passwd. */
    user: z.string().optional(),
    stopSignal: z.string().optional(),
    /** Hints, never a reason to expose anything. */
    exposedPorts: z.array(z.object({ port: z.int(), protocol: z.enum(['tcp', 'udp']) })).readonly(),
    labels: z.record(z.string(), z.string()),
    created: z.string().optional(),
    /** Digests of the unpacked layers, lowest first. */
    diffIds: z.array(digest).readonly(),
  })
  .readonly();
export type ImageConfig = z.infer<typeof imageConfig>;
export type ExposedPort = ImageConfig['exposedPorts'][number];

/** Throws `image_manifest_invalid`. */
export function parseConfig(bytes: Uint8Array): ImageConfig {
  const { config, rootfs, ...image } = conform(schema, parseJson(bytes, 'configuration'), 'configuration');
  const env = config?.Env ?? [];
  if (env.some((pair) => pair.indexOf('=') < 1 || pair.includes('\0')))
    throw refused(
      'image_manifest_invalid',
      "The image's configuration has an Env entry that is not NAME=value.",
    );
  return {
    platform: { os: image.os, architecture: image.architecture },
    env,
    entrypoint: config?.Entrypoint ?? [],
    cmd: config?.Cmd ?? [],
    workdir: config?.WorkingDir ?? '/',
    ...(config?.User && { user: config.User }),
    ...(config?.StopSignal && { stopSignal: config.StopSignal }),
    exposedPorts: Object.keys(config?.ExposedPorts ?? {}).flatMap(exposedPort),
    labels: config?.Labels ?? {},
    ...(image.created && { created: image.created }),
    diffIds: rootfs.diff_ids,
  };
}

function exposedPort(declared: string): ExposedPort[] {
  const [, digits, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(declared) ?? [];
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? [{ port, protocol: protocol === 'udp' ? 'udp' : 'tcp' }] : [];
}

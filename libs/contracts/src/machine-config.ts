import type { MachineConfig, Sealed } from '@bulkhead/domain';
import { z } from 'zod';
import { goDuration } from './go-duration.js';
import { guestRequest, guestSize, impossibleGuest, resolveGuest } from './guest-size.js';
import { machineId } from './ids.js';
import { sealed } from './sealed.js';

/**
 * What a machine is to run, in the words of the Machines API (docs: machines resource, `config`). Three forms: the *request* is what
 * a client sends, strict and bounded; the *stored* form has env, init, files and processes sealed; the *answer* is the stored form
 * opened for a reader.
 */

/** Sums that no single field's bound gives. Together, sealed, they stay far below an envelope's 256 KiB. */
export const CONFIG_LIMITS = {
  envBytes: 64 * 1024,
  filesBytes: 64 * 1024,
  argumentBytes: 16 * 1024,
} as const;

/** How much is kept of the labels of an image. */
export const IMAGE_LABELS_BYTES = 4096;

const port = z.int().min(1).max(65535);
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => !value.includes('\0'), 'must not contain NUL');
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const within = (limit: number) => (value: unknown) => bytesOf(value) <= limit;

const env = z
  .record(
    z
      .string()
      .min(1)
      .max(256)
      .regex(/^[^=\0]+$/, 'a variable name has neither = nor NUL'),
    text(32_768),
  )
  .refine((value) => Object.keys(value).length <= 512, 'at most 512 variables')
  .refine(
    within(CONFIG_LIMITS.envBytes),
    `all variables together must be at most ${CONFIG_LIMITS.envBytes} bytes`,
  );

const argumentList = z
  .array(text(8192))
  .max(256)
  .refine(within(CONFIG_LIMITS.argumentBytes), `must be at most ${CONFIG_LIMITS.argumentBytes} bytes in all`);

const init = z.strictObject({
  exec: argumentList.exactOptional(),
  entrypoint: argumentList.exactOptional(),
  cmd: argumentList.exactOptional(),
  tty: z.boolean().exactOptional(),
});

const absolutePath = text(512).regex(/^\/(?!.*(?:^|\/)\.\.(?:\/|$))./, 'an absolute path without ".."');

const files = z
  .array(
    z.strictObject({
      guest_path: absolutePath,
      raw_value: z.base64(),
      mode: z.int().min(0).max(0o777).exactOptional(),
    }),
  )
  .max(64)
  .refine(
    within(CONFIG_LIMITS.filesBytes),
    `all files together must be at most ${CONFIG_LIMITS.filesBytes} bytes`,
  );

const processes = z
  .array(
    z.strictObject({
      exec: argumentList.exactOptional(),
      entrypoint: argumentList.exactOptional(),
      cmd: argumentList.exactOptional(),
      user: text(64).exactOptional(),
      env: env.exactOptional(),
    }),
  )
  .max(8)
  .refine(within(CONFIG_LIMITS.argumentBytes), `must be at most ${CONFIG_LIMITS.argumentBytes} bytes in all`);

const headerName = z
  .string()
  .max(128)
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'a header name');
const headerValue = z
  .string()
  .max(4096)
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a header value has no control characters');

const checkFields = {
  type: z.enum(['tcp', 'http']),
  interval: goDuration({ min: '1s', max: '24h' }).exactOptional(),
  timeout: goDuration({ min: '1ms', max: '5m' }).exactOptional(),
  grace_period: goDuration({ max: '24h' }).exactOptional(),
  method: z
    .string()
    .max(16)
    .regex(/^[A-Za-z]+$/, 'an HTTP method')
    .exactOptional(),
  path: z
    .string()
    .max(2048)
    .regex(/^\/[\x21-\x7e]*$/, 'starts with / and has no spaces')
    .exactOptional(),
  protocol: z.enum(['http', 'https']).exactOptional(),
  headers: z
    .array(z.strictObject({ name: headerName, values: z.array(headerValue).max(16) }))
    .max(32)
    .exactOptional(),
  tls_skip_verify: z.boolean().exactOptional(),
  tls_server_name: z.string().max(253).exactOptional(),
};
const serviceCheck = z.strictObject({ ...checkFields, port: port.exactOptional() });
const check = z.strictObject({
  ...checkFields,
  port,
  kind: z.enum(['informational', 'readiness']).exactOptional(),
});

const httpOptions = z.strictObject({
  compress: z.boolean().exactOptional(),
  h2_backend: z.boolean().exactOptional(),
  idle_timeout: z.int().min(1).max(3600).exactOptional(),
  headers_read_timeout: z.int().min(1).max(3600).exactOptional(),
  response: z
    .strictObject({
      headers: z
        .record(headerName, z.union([headerValue, z.array(headerValue).max(16), z.literal(false), z.null()]))
        .exactOptional(),
      pristine: z.boolean().exactOptional(),
    })
    .exactOptional(),
});

const tlsOptions = z.strictObject({
  alpn: z
    .array(z.enum(['h2', 'http/1.1']))
    .max(2)
    .exactOptional(),
  versions: z
    .array(z.enum(['TLSv1.2', 'TLSv1.3']))
    .max(2)
    .exactOptional(),
  default_self_signed: z.boolean().exactOptional(),
});

const servicePort = z
  .strictObject({
    port: port.exactOptional(),
    start_port: port.exactOptional(),
    end_port: port.exactOptional(),
    handlers: z
      .array(z.enum(['http', 'tls', 'proxy_proto', 'pg_tls']))
      .max(4)
      .exactOptional(),
    force_https: z.boolean().exactOptional(),
    http_options: httpOptions.exactOptional(),
    tls_options: tlsOptions.exactOptional(),
    proxy_proto_options: z.strictObject({ version: z.enum(['v1', 'v2']).exactOptional() }).exactOptional(),
  })
  .refine(
    ({ port: one, start_port: start, end_port: end }) =>
      one === undefined
        ? start !== undefined && end !== undefined && start <= end
        : start === undefined && end === undefined,
    'needs either port, or start_port and a larger end_port',
  );

const concurrency = z
  .strictObject({
    type: z.enum(['connections', 'requests']).exactOptional(),
    hard_limit: z.int().min(1).max(100_000).exactOptional(),
    soft_limit: z.int().min(1).max(100_000).exactOptional(),
  })
  .refine(
    ({ hard_limit, soft_limit }) =>
      hard_limit === undefined || soft_limit === undefined || soft_limit <= hard_limit,
    'soft_limit must not be above hard_limit',
  );

/** The API answers `false`, `true` or `"suspend"` and takes the newer words too. */
const autostop = z
  .union([z.boolean(), z.enum(['off', 'stop', 'suspend'])])
  .transform((value) => (value === 'off' ? false : value === 'stop' ? true : value));

const service = z.strictObject({
  protocol: z.enum(['tcp', 'udp']),
  internal_port: port,
  autostop: autostop.exactOptional(),
  autostart: z.boolean().exactOptional(),
  min_machines_running: z.int().min(0).max(1000).exactOptional(),
  ports: z.array(servicePort).max(32).exactOptional(),
  checks: z.array(serviceCheck).max(16).exactOptional(),
  concurrency: concurrency.exactOptional(),
  force_instance_key: z.string().max(128).nullable().exactOptional(),
  force_instance_description: z.string().max(256).nullable().exactOptional(),
});

/** Signals that may end a machine's process. */
export const STOP_SIGNALS = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTERM',
] as const;
export const stopSignal = z.enum(STOP_SIGNALS);
export const stopTimeout = goDuration({ max: '24h' });

export const metadataKey = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\x21-\x7e]+$/, 'printable, without spaces');
export const metadataValue = text(4096);
export const metadata = z
  .record(metadataKey, metadataValue)
  .refine((value) => Object.keys(value).length <= 64, 'at most 64 keys')
  .refine(within(CONFIG_LIMITS.argumentBytes), `must be at most ${CONFIG_LIMITS.argumentBytes} bytes in all`);

const hostName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'a host name');
const dns = z.strictObject({
  skip_registration: z.boolean().exactOptional(),
  nameservers: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .max(8)
    .exactOptional(),
  searches: z.array(hostName).max(8).exactOptional(),
  options: z
    .array(z.strictObject({ name: text(64), value: text(64).exactOptional() }))
    .max(16)
    .exactOptional(),
  hostname: hostName.exactOptional(),
  hostname_fqdn: hostName.exactOptional(),
});

/** An image by registry reference, or a layout on the host's disk (`oci:/directory`), which only hosts set up for it accept. */
export const imageReference = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$/, 'an image reference such as registry.example/name:tag');

const unsealedParts = {
  image: imageReference,
  services: z.array(service).max(32).exactOptional(),
  checks: z
    .record(z.string().min(1).max(64), check)
    .refine((value) => Object.keys(value).length <= 32, 'at most 32 checks')
    .exactOptional(),
  restart: z
    .strictObject({
      policy: z.enum(['no', 'always', 'on-failure']),
      max_retries: z.int().min(0).max(10_000).exactOptional(),
    })
    .exactOptional(),
  stop_config: z
    .strictObject({ timeout: stopTimeout.exactOptional(), signal: stopSignal.exactOptional() })
    .exactOptional(),
  metadata: metadata.exactOptional(),
  auto_destroy: z.boolean().exactOptional(),
  dns: dns.exactOptional(),
  metrics: z
    .strictObject({ port, path: z.string().max(2048).regex(/^\//), https: z.boolean().exactOptional() })
    .exactOptional(),
  standbys: z.array(machineId).max(16).exactOptional(),
  disable_machine_autostart: z.boolean().exactOptional(),
};
const sealableParts = { env, init, files, processes };

const requestShape = z.strictObject({
  ...unsealedParts,
  env: env.exactOptional(),
  init: init.exactOptional(),
  files: files.exactOptional(),
  processes: processes.exactOptional(),
  size: guestSize.exactOptional(),
  guest: guestRequest.exactOptional(),
});

/** What clients send. The guest comes out filled in; `size` is gone, as it only ever named a guest. */
export const machineConfigRequest = requestShape.transform(({ size, guest: asked, ...rest }, context) => {
  const guest = resolveGuest(asked, size);
  const problem = impossibleGuest(guest);
  if (problem === null) return { ...rest, guest };
  context.addIssue({ code: 'custom', message: problem, path: ['guest'] });
  return z.NEVER;
});
/** A configuration with everything readable: a parsed request, or an answer. */
export type OpenMachineConfig = z.output<typeof machineConfigRequest>;

export const imageDigest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a sha256 digest');
/** A registry's `host[:port]`, in lower case. */
export const registryHost = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[a-z0-9.[\]:-]+$/, 'a registry such as registry.example:5000');

const resolvedImage = z.strictObject({
  digest: imageDigest,
  labels: z
    .record(z.string(), z.string())
    .refine(within(IMAGE_LABELS_BYTES), `must be at most ${IMAGE_LABELS_BYTES} bytes in all`),
  credential: registryHost.exactOptional(),
});

const resolvedGuest = guestRequest.required({ cpu_kind: true, cpus: true, memory_mb: true });

/** What is kept and sent between services; the type is the domain's. */
export const storedMachineConfig: z.ZodType<MachineConfig> = z.strictObject({
  ...unsealedParts,
  resolved_image: resolvedImage.exactOptional(),
  guest: resolvedGuest,
  env: sealed(env).exactOptional(),
  init: sealed(init).exactOptional(),
  files: sealed(files).exactOptional(),
  processes: sealed(processes).exactOptional(),
});

/** What is sealed of a configuration. */
export const SEALED_PARTS = ['env', 'init', 'files', 'processes'] as const;
type SealedPart = (typeof SEALED_PARTS)[number];

/** The stored form of a request, its secret parts still plain: `@bulkhead/journal` seals them. */
export function toStoredConfig(config: OpenMachineConfig): MachineConfig {
  const stored: Record<string, unknown> = { ...config };
  for (const part of SEALED_PARTS) if (config[part] !== undefined) stored[part] = { $plain: config[part] };
  return stored as unknown as MachineConfig;
}

/** What an answer shows of a configuration, as it was asked for: parts whose key was destroyed are left out. */
export type ShownMachineConfig = Omit<OpenMachineConfig, SealedPart> &
  Partial<Pick<OpenMachineConfig, SealedPart>>;

/**
 * The answer's form of a stored configuration whose sealed parts were opened.
 * @param open gives back what is inside a sealed part, or undefined where it was erased.
 */
export function toShownConfig(
  config: MachineConfig,
  open: (part: Sealed<unknown>) => unknown,
): ShownMachineConfig {
  const { resolved_image: _, ...asked } = config;
  const shown: Record<string, unknown> = { ...asked };
  for (const part of SEALED_PARTS) {
    const value = config[part];
    if (value === undefined) continue;
    const opened = sealableParts[part].safeParse(open(value));
    if (opened.success) shown[part] = opened.data;
    else delete shown[part];
  }
  return shown as unknown as ShownMachineConfig;
}

/** Fields of the Machines API that exist elsewhere and are refused here by name, since ignoring them would lose data or mislead. */
const NOT_OFFERED = new Set([
  'mounts',
  'volumes',
  'containers',
  'rootfs',
  'cache_drive',
  'spot',
  'statics',
  'schedule',
  'guest.gpus',
  'guest.gpu_kind',
  'guest.max_memory_mb',
  'guest.host_dedication_id',
  'init.swap_size_mb',
  'init.kernel_args',
  'dns.dns_forward_rules',
  'restart.gpu_bid_price',
]);

/** Whether a path below `config` names a field that the Machines API has and Bulkhead does not offer. */
export const isNotOffered = (path: string): boolean => NOT_OFFERED.has(path);

import { z } from 'zod';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';

/** What `machine run` takes, and the configuration it makes of it. */
export const runOptions = z.object({
  name: z.string().optional(),
  region: z.string().optional(),
  cpus: z.coerce.number().int().positive().default(1),
  memory: z.coerce.number().int().positive().default(256),
  env: z.array(z.string()).default([]),
  metadata: z.array(z.string()).default([]),
  port: z.coerce.number().int().min(1).max(65535).optional(),
  restart: z.enum(['no', 'always', 'on-failure']).default('on-failure'),
  autoDestroy: z.boolean().default(false),
  entrypoint: z.string().optional(),
  wait: z.coerce.number().int().min(0).max(3600).default(120),
});
export type RunOptions = z.infer<typeof runOptions>;

/** What `machine update` takes; what is missing stays. */
export const updateOptions = z.object({
  cpus: z.coerce.number().int().positive().optional(),
  memory: z.coerce.number().int().positive().optional(),
  env: z.array(z.string()).default([]),
  metadata: z.array(z.string()).default([]),
  port: runOptions.shape.port,
  restart: z.enum(['no', 'always', 'on-failure']).optional(),
  entrypoint: z.string().optional(),
  skipStart: z.boolean().default(false),
  wait: runOptions.shape.wait,
});
type UpdateOptions = z.infer<typeof updateOptions>;

const part = z.record(z.string(), z.unknown()).nullish();
const knownParts = z.looseObject({ env: part, metadata: part, guest: part, init: part });

/** The configuration with what is named changed. */
export function changedConfig(
  before: Readonly<Record<string, unknown>>,
  image: string | undefined,
  command: readonly string[],
  options: UpdateOptions,
) {
  const { cpus, memory, port, restart } = options;
  const { env, metadata, guest, init, ...others } = knownParts.parse(before);
  return {
    ...others,
    ...(image === undefined ? {} : { image }),
    env: { ...env, ...assignments('--env', options.env) },
    metadata: { ...metadata, ...assignments('--metadata', options.metadata) },
    guest: {
      ...guest,
      ...(cpus === undefined ? {} : { cpus }),
      ...(memory === undefined ? {} : { memory_mb: memory }),
    },
    init: { ...init, ...initOf(command, options) },
    ...(restart === undefined ? {} : { restart: { policy: restart } }),
    ...(port === undefined ? {} : { services: [httpService(port)] }),
  };
}

const initOf = (command: readonly string[], { entrypoint }: Pick<RunOptions, 'entrypoint'>) => ({
  ...(entrypoint === undefined ? {} : { entrypoint: [entrypoint] }),
  ...(command.length === 0 ? {} : { cmd: command }),
});

export function machineConfig(image: string, command: readonly string[], options: RunOptions) {
  const init = initOf(command, options);
  return {
    image,
    env: assignments('--env', options.env),
    metadata: assignments('--metadata', options.metadata),
    guest: { cpu_kind: 'shared', cpus: options.cpus, memory_mb: options.memory },
    restart: { policy: options.restart },
    ...(options.autoDestroy ? { auto_destroy: true } : {}),
    ...(Object.keys(init).length === 0 ? {} : { init }),
    ...(options.port === undefined ? {} : { services: [httpService(options.port)] }),
  };
}

/** HTTPS from outside, with plain HTTP redirected to it. */
const httpService = (internalPort: number) => ({
  protocol: 'tcp',
  internal_port: internalPort,
  ports: [
    { port: 80, handlers: ['http'], force_https: true },
    { port: 443, handlers: ['tls', 'http'] },
  ],
});

function assignments(option: string, texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw new CliError(`${option} takes NAME=VALUE.`, { code: 'bad_option', exitCode: EXIT.usage });
    }),
  );
}

import { z } from 'zod';

/** A service's environment does not fit its schema; the message names every variable at fault. */
export class ConfigError extends Error {
  constructor(service: string, problems: readonly string[]) {
    super(
      `${service} can't start, its environment is wrong:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

/** Environment variables that every service reads. */
export const baseEnvironment = z.object({
  /** The service's own directory, 0700: its identity, caches and copies. */
  BULKHEAD_SERVICE_DIR: z.string().min(1),
  BULKHEAD_METRICS_ADDRESS: z.string().default('127.0.0.1'),
  /** 0 picks a free one. */
  BULKHEAD_METRICS_PORT: z.coerce.number().int().min(0).max(65535).default(0),
  BULKHEAD_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  /** Where spans go, as OTLP over HTTP; without it nothing is traced. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
});
export type BaseEnvironment = z.infer<typeof baseEnvironment>;

/**
 * Reads a service's settings from its environment. Values are never repeated in errors: some are secrets.
 * @throws ConfigError naming each variable that is missing or wrong.
 */
export function readEnvironment<Schema extends z.ZodType>(
  service: string,
  schema: Schema,
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<Schema> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    service,
    parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  );
}

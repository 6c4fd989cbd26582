import { goDurationMs } from '@bulkhead/contracts/go-duration';
import type { MachineConfig } from '@bulkhead/domain';
import { z } from 'zod';
import type { CheckSpec } from './check-state.js';

/** The Machines API's own defaults (docs: health checks). */
const DEFAULTS = { intervalMs: 15_000, timeoutMs: 5_000, graceMs: 5_000 } as const;
/** A check that runs more often says nothing more and costs everybody. */
const SHORTEST_MS = 1_000;

const definition = z.object({
  type: z.enum(['tcp', 'http']).default('tcp'),
  port: z.number().int().optional(),
  interval: z.string().optional(),
  timeout: z.string().optional(),
  grace_period: z.string().optional(),
  method: z.string().optional(),
  path: z.string().optional(),
  protocol: z.string().optional(),
  headers: z.array(z.object({ name: z.string(), values: z.array(z.string()) })).optional(),
});

/** Every check that a machine's configuration asks for: the services' own and the named ones. */
export function checksOf(config: MachineConfig): CheckSpec[] {
  const ofServices = (config.services ?? []).flatMap((service) =>
    (service.checks ?? []).map((check, n) =>
      toSpec(
        `servicecheck-${n.toString().padStart(2, '0')}-${service.internal_port}`,
        check,
        service.internal_port,
      ),
    ),
  );
  const named = Object.entries(config.checks ?? {}).map(([name, check]) => toSpec(name, check, undefined));
  return [...ofServices, ...named].filter((check) => check !== null);
}

function toSpec(name: string, raw: unknown, servicePort: number | undefined): CheckSpec | null {
  const check = definition.parse(raw);
  const port = check.port ?? servicePort;
  if (port === undefined) return null;
  return {
    name,
    port,
    intervalMs: Math.max(SHORTEST_MS, ms(check.interval, DEFAULTS.intervalMs)),
    timeoutMs: ms(check.timeout, DEFAULTS.timeoutMs),
    graceMs: ms(check.grace_period, DEFAULTS.graceMs),
    probe:
      check.type === 'tcp'
        ? { kind: 'tcp' }
        : {
            kind: 'http',
            method: (check.method ?? 'GET').toUpperCase(),
            path: check.path ?? '/',
            tls: check.protocol === 'https',
            headers: check.headers ?? [],
          },
  };
}

const ms = (text: string | undefined, otherwise: number) =>
  text === undefined ? otherwise : goDurationMs(text);

import { z } from 'zod';
import type { Check, CheckSurroundings, Finding } from '../check.js';

const service = z.looseObject({
  service: z.string(),
  problem: z.string().nullable(),
  clock_difference_ms: z.number().nullable(),
  certificate_expires_at: z.string().nullable(),
  waiting_for: z.record(z.string(), z.string()),
});
type Service = z.infer<typeof service>;
const services = z.looseObject({ services: z.array(service) });

/** A check of the services that the API can ask. */
const overServices = (name: string, judge: (all: readonly Service[], now: Date) => Finding): Check => ({
  name,
  async run({ api, now }: CheckSurroundings) {
    if (!api) return { status: 'unknown', found: 'no platform is known here' };
    return judge((await api.get('/api/v1/services', services)).services, now());
  },
});

export const readiness = overServices('services', (all) => {
  const silent = all.filter(({ problem }) => problem !== null).map((row) => `${row.service}: ${row.problem}`);
  const waiting = all.flatMap(({ service: name, waiting_for }) =>
    Object.entries(waiting_for).map(([what, why]) => `${name} waits for ${what}: ${why}`),
  );
  if (silent.length > 0)
    return { status: 'failed', found: silent.join('; '), advice: 'Look at the logs of these services.' };
  return waiting.length > 0
    ? { status: 'warning', found: waiting.join('; ') }
    : { status: 'ok', found: `${all.map((row) => row.service).join(', ')} answer and are ready` };
});

/** Renewed at half of their 24 h, they never have less than this left while the vault is there. */
const RENEWED_ABOVE_MS = 6 * 3_600_000;

export const certificates = overServices('certificates', (all, now) => {
  const left = all.flatMap(({ service: name, certificate_expires_at: at }) =>
    at === null ? [] : [{ name, ms: new Date(at).getTime() - now.getTime() }],
  );
  const shown = left.map(({ name, ms }) => `${name} ${hours(ms)}`).join(', ');
  if (left.length === 0) return { status: 'unknown', found: 'no service answers' };
  if (left.some(({ ms }) => ms <= 0))
    return {
      status: 'failed',
      found: `left: ${shown}`,
      advice: 'Is the vault running? Services renew there.',
    };
  return left.some(({ ms }) => ms < RENEWED_ABOVE_MS)
    ? {
        status: 'warning',
        found: `left: ${shown}`,
        advice: 'They should be renewed by now: see the vault’s log.',
      }
    : { status: 'ok', found: `left: ${shown}` };
});

const hours = (ms: number): string => (ms <= 0 ? 'expired' : `${(ms / 3_600_000).toFixed(1)} h`);

const TOLERATED_MS = 2_000;

export const serviceClocks = overServices('services’ clocks', (all) => {
  const known = all.flatMap(({ service: name, clock_difference_ms: ms }) =>
    ms === null ? [] : [{ name, ms }],
  );
  const shown = known.map(({ name, ms }) => `${name} ${ms >= 0 ? '+' : ''}${ms} ms`).join(', ');
  if (known.length === 0) return { status: 'unknown', found: 'no service answers' };
  return known.some(({ ms }) => Math.abs(ms) > TOLERATED_MS)
    ? {
        status: 'failed',
        found: shown,
        advice: 'Start a time service (systemd-timesyncd, chrony) on every host.',
      }
    : { status: 'ok', found: `from the API’s: ${shown}` };
});

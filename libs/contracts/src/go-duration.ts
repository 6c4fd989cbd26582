import { z } from 'zod';

/** Nanoseconds of each unit of Go's `time.ParseDuration`. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
const MAX_TEXT = 64;

/** Nanoseconds of a duration as Go writes it (`1m30s`, `1.5h`, `0`), or null where the text is none or too large to count. */
export function parseGoDuration(text: string): number | null {
  if (text.length > MAX_TEXT) return null;
  if (text === '0') return 0;
  let total = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const part = PART.exec(text);
    if (!part) return null;
    total += Math.round(Number(part[1]) * (UNITS[part[2] ?? ''] ?? Number.NaN));
  }
  return text !== '' && Number.isSafeInteger(total) ? total : null;
}

/** Writes nanoseconds as Go's `Duration.String` does: `1m30s`, `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatGoDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  const small = (['ns', 'µs', 'ms'] as const).find((_unit, power) => nanoseconds < 1000 ** (power + 1));
  if (small) return `${decimal(nanoseconds, UNITS[small] ?? 1)}${small}`;
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor(nanoseconds / 60e9) % 60;
  const seconds = `${decimal(nanoseconds % 60e9, 1e9)}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** Division without binary fractions: durations are whole nanoseconds. */
function decimal(value: number, unit: number): string {
  const digits = Math.round(Math.log10(unit));
  const fraction = String(value % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  const whole = String(Math.floor(value / unit));
  return digits > 0 && fraction !== '' ? `${whole}.${fraction}` : whole;
}

/** A duration within bounds: Go's text or whole nanoseconds in, Go's text out. */
export const goDuration = ({ min = '0', max }: { min?: string; max: string }) => {
  const [least, most] = [parseGoDuration(min) ?? 0, parseGoDuration(max) ?? 0];
  return z.union([z.string().max(MAX_TEXT), z.int()]).transform((value, context) => {
    const nanoseconds = typeof value === 'number' ? value : parseGoDuration(value);
    if (nanoseconds !== null && nanoseconds >= least && nanoseconds <= most)
      return formatGoDuration(nanoseconds);
    context.addIssue({
      code: 'custom',
      message: `must be a duration such as "15s" or "1m30s", or whole nanoseconds, from ${min} to ${max}`,
    });
    return z.NEVER;
  });
};

/** Milliseconds of a duration that a schema has let through. */
export const goDurationMs = (text: string): number => Math.round((parseGoDuration(text) ?? 0) / 1e6);

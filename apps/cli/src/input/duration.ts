import { z } from 'zod';

const UNIT_SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
type Unit = keyof typeof UNIT_SECONDS;
const isUnit = (text: string): text is Unit => text in UNIT_SECONDS;

/** A time such as `90s`, `30m`, `1h` or `7d`, in seconds; a number alone is in seconds. */
export const duration = z.string().transform((text, context) => {
  const [, count, unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(text) ?? [];
  if (count !== undefined && isUnit(unit)) return Number(count) * UNIT_SECONDS[unit];
  context.addIssue({ code: 'custom', message: 'a time such as 90s, 30m, 1h or 7d' });
  return z.NEVER;
});

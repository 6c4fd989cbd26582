import { z } from 'zod';

/** Parts that many operations share. */

export const noParams = z.object({});
export const noQuery = z.object({});
/** Clients send all sorts of nothing where no body is wanted. */
export const noBody = z.unknown();

/** A name that only ever serves to look something up; whether it fits is the look-up's answer. */
const lookup = z.string().min(1).max(160);
export const appParams = z.object({ app_name: lookup });
export const machineParams = z.object({ app_name: lookup, machine_id: lookup });
export const organizationParams = z.object({ org_slug: lookup });

/** A truth value of a query string. */
export const flag = z
  .enum(['true', 'false', '1', '0', ''])
  .transform((value) => value === 'true' || value === '1' || value === '');

/** A whole number of a query string. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max));

/** `a=1&a=2` and `a=1,2` alike. */
export const list = <Item extends z.ZodType<unknown, string>>(item: Item) =>
  z
    .union([z.string(), z.array(z.string()).max(32)])
    .transform((value) => [value].flat().flatMap((part) => part.split(',')))
    .pipe(z.array(item).min(1).max(32));

export const cursorText = z.string().max(512);
export const ok = z.object({ ok: z.literal(true) });
export const OK = { ok: true } as const;

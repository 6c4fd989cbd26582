import type { Sealed } from '@bulkhead/domain';
import { z } from 'zod';

/** A field that is sealed wherever it is kept; see `Sealed` in the domain. */
export const sealed = <T>(inner: z.ZodType<T>): z.ZodType<Sealed<T>> =>
  z.union([
    z.strictObject({ $plain: inner }),
    z.strictObject({ $sealed: z.string() }),
    z.strictObject({ $erased: z.literal(true) }),
  ]) as z.ZodType<Sealed<T>>;

/** Nothing plain: what is sent over the bus or stored was sealed before. */
export const sealedOnly = <T>(inner: z.ZodType<T>): z.ZodType<Sealed<T>> =>
  sealed(inner).refine((value) => !('$plain' in value), 'must be sealed before it is sent');

/** A JSON value without the ciphertext in it, for what people read: each `{ $sealed }` only says that it is sealed. */
export function withoutSealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSealed);
  if (typeof value !== 'object' || value === null) return value;
  if ('$sealed' in value) return { $sealed: true };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSealed(item)]));
}

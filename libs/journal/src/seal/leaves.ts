import type { OrganizationScope } from '@bulkhead/contracts';
import { ERASED, type Sealer } from './sealer.js';

type Leaf = (value: unknown) => Promise<unknown>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The value below `marker`, where that is all there is. */
const only = (value: Readonly<Record<string, unknown>>, marker: string): boolean => {
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === marker;
};

/** Replaces each `{ [marker]: … }` in a JSON value. */
async function replace(value: unknown, marker: string, leaf: Leaf): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => replace(item, marker, leaf)));
  if (!isObject(value)) return value;
  if (only(value, marker)) return leaf(value[marker]);
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, item]) => [key, await replace(item, marker, leaf)] as const),
  );
  return Object.fromEntries(entries);
}

/** Seals every `{ $plain }` of a JSON value. */
export const sealLeaves = (
  sealer: Sealer,
  organization: OrganizationScope,
  value: unknown,
): Promise<unknown> =>
  replace(value, '$plain', async (inner) => ({ $sealed: await sealer.seal(organization, inner) }));

/** Opens every `{ $sealed }` of a JSON value: to `{ $plain }`, or to `{ $erased: true }` once the key is destroyed. */
export const openLeaves = (
  sealer: Sealer,
  organization: OrganizationScope,
  value: unknown,
): Promise<unknown> =>
  replace(value, '$sealed', async (inner) => {
    if (typeof inner !== 'string') return { $sealed: inner };
    const opened = await sealer.open(organization, inner);
    return opened === ERASED ? { $erased: true } : { $plain: opened };
  });

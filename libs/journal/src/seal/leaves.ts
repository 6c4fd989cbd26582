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

/** Most events have no sealed field: looking is far cheaper than copying. */
function holds(value: unknown, marker: string): boolean {
  if (Array.isArray(value)) return value.some((item) => holds(item, marker));
  if (!isObject(value)) return false;
  return only(value, marker) || Object.values(value).some((item) => holds(item, marker));
}

/** Replaces each `{ [marker]: … }` in a JSON value. */
const replace = async (value: unknown, marker: string, leaf: Leaf): Promise<unknown> =>
  holds(value, marker) ? replaceIn(value, marker, leaf) : value;

async function replaceIn(value: unknown, marker: string, leaf: Leaf): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => replaceIn(item, marker, leaf)));
  if (!isObject(value)) return value;
  if (only(value, marker)) return leaf(value[marker]);
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, item]) => [key, await replaceIn(item, marker, leaf)] as const),
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

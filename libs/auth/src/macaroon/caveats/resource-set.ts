import { z } from 'zod';
import { MacaroonError } from '../error.js';
import type { Shape } from './shape.js';
import { mask, text, uint64 } from './shape.js';
import { isWithin, printMask, type Mask } from './mask.js';
import { prohibited, type Prohibition } from './prohibition.js';

/** What may be done to which things. The key 0, or the empty text, stands for all of them and then stands alone. */
export type ResourceSet<Id> = ReadonlyMap<Id, Mask>;

const setOf = <Id extends bigint | string>(
  id: Shape<Id>,
  ofText: z.ZodType<Id, string>,
  order: (one: Id, other: Id) => number,
): Shape<ResourceSet<Id>> => ({
  read(from) {
    const length = from.map();
    const set = new Map(Array.from({ length }, () => [id.read(from), mask.read(from)] as const));
    if (set.size !== length) throw new MacaroonError('malformed', 'one thing is named twice');
    return set;
  },
  write(to, set) {
    to.map(set.size);
    for (const [key, allowed] of [...set].sort(([one], [other]) => order(one, other))) {
      id.write(to, key);
      mask.write(to, allowed);
    }
  },
  json: (set) =>
    Object.fromEntries([...set].map(([key, allowed]) => [String(key), printMask(allowed)] as const)),
  schema: z
    .record(z.string(), mask.schema)
    .transform((set) => new Map(Object.entries(set).map(([key, allowed]) => [ofText.parse(key), allowed]))),
});

export const byNumber: Shape<ResourceSet<bigint>> = setOf(
  uint64,
  z
    .string()
    .regex(/^\d{1,20}$/)
    .transform((digits) => BigInt(digits)),
  (one, other) => (one < other ? -1 : one > other ? 1 : 0),
);

export const byText: Shape<ResourceSet<string>> = setOf(text, z.string(), (one, other) =>
  Buffer.compare(Buffer.from(one), Buffer.from(other)),
);

interface Question<Id> {
  readonly what: string;
  /** Undefined where the access names none. */
  readonly id: Id | undefined;
  readonly action: Mask;
  /** Whether an entry is about a thing that it doesn't name. */
  readonly covers?: (entry: Id, id: Id) => boolean;
}

/** What all entries that are about a thing allow together must allow the action. */
export function prohibitsOutside<Id extends bigint | string>(
  set: ResourceSet<Id>,
  { what, id, action, covers = () => false }: Question<Id>,
): Prohibition | null {
  const all = [...set.keys()].some(isAll);
  if (all && set.size > 1) return prohibited('bad_caveat', `all ${what}s are named beside single ones`);
  if (id === undefined) return prohibited('unspecified', `no ${what} is named`);
  const about = [...set].filter(([entry]) => isAll(entry) || entry === id || covers(entry, id));
  if (about.length === 0) return prohibited('unauthorized', `not for this ${what}`);
  const allowed = about.reduce((together, [, each]) => together & each, 0xffff);
  if (isWithin(action, allowed)) return null;
  return prohibited('unauthorized', `${printMask(action & ~allowed)} on this ${what} is not allowed`);
}

const isAll = (entry: bigint | string): boolean => entry === 0n || entry === '';

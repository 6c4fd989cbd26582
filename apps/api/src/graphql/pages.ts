import { z } from 'zod';
import type { Page } from '../read-model/page.js';

/** What a connection gives at once by default and at most. */
const DEFAULT_FIRST = 50;
export const MAX_FIRST = 200;

/** Clients send null for what they leave out. */
export const given = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);

export const pageArgs = {
  first: z
    .int()
    .min(1)
    .max(MAX_FIRST)
    .nullish()
    .transform((value) => value ?? DEFAULT_FIRST),
  after: given(z.string().max(512)),
};

/** A page as a connection. */
export const connectionOf = <Item>({ items, next }: Page<Item>) => ({
  nodes: items,
  pageInfo: { hasNextPage: next !== null, endCursor: next },
});

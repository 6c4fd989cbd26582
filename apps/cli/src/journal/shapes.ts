import { z } from 'zod';

const place = z.looseObject({ epoch: z.string(), position: z.number() });

export const journal = z.looseObject({
  service: z.string(),
  problem: z.string().nullable(),
  head: place.nullable(),
  stream: z
    .looseObject({
      first_sequence: z.number(),
      last_sequence: z.number(),
      messages: z.number(),
      drift: z.array(z.string()),
    })
    .nullable(),
  relay: z.looseObject({ state: z.string(), why: z.string().nullable() }).nullable(),
  surplus: z.number().nullable(),
  projections: z
    .array(
      z.looseObject({
        name: z.string(),
        journal: z.string(),
        cursor: place,
        state: z.string(),
        why: z.string().nullable(),
      }),
    )
    .nullable(),
});
export type Journal = z.infer<typeof journal>;

export const journals = z.looseObject({ journals: z.array(journal) });

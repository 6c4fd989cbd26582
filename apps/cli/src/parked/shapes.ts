import { z } from 'zod';

export const parkedList = z.looseObject({
  total: z.number(),
  parked: z.array(
    z.looseObject({
      service: z.string(),
      reader: z.string(),
      work: z.string(),
      aggregate: z.string(),
      position: z.number(),
      error: z.string(),
      at: z.string(),
    }),
  ),
  silent: z.array(z.string()),
});

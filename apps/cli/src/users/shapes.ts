import { z } from 'zod';

export const person = z.looseObject({
  id: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
});

import { z } from 'zod';

/** A number of entries of the log, in a query string. */
export const logSize = z
  .string()
  .regex(/^\d{1,15}$/, 'a whole number')
  .transform(Number);

import { z } from 'zod';

/** Whole, positive, below 2^31: what macaroon caveats and 6PN addresses can hold. */
export const shortNumber = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);

import type { InterventionEvent } from '@bulkhead/domain';
import { z } from 'zod';
import type { ContractsOf } from '../event-contract.js';

export const interventionContracts = {
  InterventionOrdered: {
    v: 1,
    schema: z.strictObject({
      intervention: z.string().max(64),
      action: z.enum(['retry-parked', 'discard-parked', 'swap-projection', 'adopt-surplus', 'start-epoch']),
      service: z.string().max(32),
      subject: z.string().max(400),
    }),
  },
} satisfies ContractsOf<InterventionEvent>;

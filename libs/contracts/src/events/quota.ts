import type { QuotaEvent } from '@bulkhead/domain';
import { z } from 'zod';
import type { ContractsOf } from '../event-contract.js';
import { appId, machineId, organizationId } from '../ids.js';

const limit = z.int().nonnegative();

/** The api's journal holds those of apps, the scheduler's those of machines, and each its own limits. */
export const quotaContracts = {
  QuotaSet: {
    v: 1,
    schema: z.strictObject({
      organization: organizationId,
      limits: z.strictObject({ apps: limit, machines: limit, cpus: limit, memoryMb: limit }),
    }),
  },
  QuotaTaken: {
    v: 1,
    schema: z.strictObject({
      organization: organizationId,
      machine: machineId,
      cpus: z.number().nonnegative(),
      memoryMb: z.number().nonnegative(),
    }),
  },
  QuotaReleased: { v: 1, schema: z.strictObject({ organization: organizationId, machine: machineId }) },
  AppQuotaTaken: { v: 1, schema: z.strictObject({ organization: organizationId, app: appId }) },
  AppQuotaReleased: { v: 1, schema: z.strictObject({ organization: organizationId, app: appId }) },
} satisfies ContractsOf<QuotaEvent>;

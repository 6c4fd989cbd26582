import { z } from 'zod';
import type { EventContracts } from '../event-contract.js';
import { appId, appName, organizationId } from '../ids.js';
import { shortNumber } from './short-number.js';

export const appContracts = {
  AppCreated: {
    v: 1,
    schema: z.strictObject({
      app: appId,
      organization: organizationId,
      name: appName,
      number: shortNumber,
      network: z.string().max(63),
      networkId: shortNumber,
    }),
  },
  AppDeleted: { v: 1, schema: z.strictObject({ app: appId, organization: organizationId, name: appName }) },
} satisfies EventContracts;

export const appNameContracts = {
  AppNameTaken: { v: 1, schema: z.strictObject({ name: appName, app: appId }) },
  AppNameReleased: { v: 1, schema: z.strictObject({ name: appName, app: appId }) },
} satisfies EventContracts;

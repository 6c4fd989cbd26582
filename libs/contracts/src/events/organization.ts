import { z } from 'zod';
import type { EventContracts } from '../event-contract.js';
import { organizationId, slug } from '../ids.js';
import { shortNumber } from './short-number.js';

export const organizationContracts = {
  OrganizationCreated: {
    v: 1,
    schema: z.strictObject({
      organization: organizationId,
      slug,
      number: shortNumber,
      kind: z.enum(['personal', 'shared']),
      networkId: shortNumber,
    }),
  },
  OrganizationDeleted: { v: 1, schema: z.strictObject({ organization: organizationId }) },
} satisfies EventContracts;

export const organizationSlugContracts = {
  OrganizationSlugTaken: { v: 1, schema: z.strictObject({ slug, organization: organizationId }) },
} satisfies EventContracts;

import type { OrganizationId } from '@bulkhead/domain';
import { openLeaves, type Sealer } from '@bulkhead/journal';

/** An input with its sealed parts opened: sealing makes the same wish other bytes each time, and its digest must be the same. */
export const contentOf = (sealer: Sealer, organization: OrganizationId, input: unknown): Promise<unknown> =>
  openLeaves(sealer, organization, input);

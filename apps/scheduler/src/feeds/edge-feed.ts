import type { IdentityEvent } from '@bulkhead/domain';
import { EDGE_FEED, type EdgeRow } from '@bulkhead/contracts';
import { vaultContracts } from '@bulkhead/contracts/events/vault';
import type { ProjectionDefinition } from '@bulkhead/journal';
import { eventsOf } from '../directory/events-of.js';

export const EDGES_PROJECTION = 'scheduler-edges';

/** Which edges workers let in: those that enrolled, until they are removed. A certificate says who is asking, not who still may. */
export const edgeFeed: ProjectionDefinition = {
  name: EDGES_PROJECTION,
  journal: 'vault',
  contracts: vaultContracts,
  tables: [],
  async apply(_tx, batch, feed) {
    for (const { type, data } of eventsOf<IdentityEvent>(batch, 'identity')) {
      if (data.kind !== 'edge') continue;
      const row: EdgeRow = { edge: data.name };
      feed.put(EDGE_FEED, data.name, type === 'IdentityEnrolled' ? row : null);
    }
  },
};

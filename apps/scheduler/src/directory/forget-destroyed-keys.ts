import { announceSubject, organizationScope, touched } from '@bulkhead/contracts';
import type { Bus, Sealer, Subscription } from '@bulkhead/journal';
import { z } from 'zod';
import { vaultProjection } from './vault-projection.js';

const announcement = z.object({ touched: z.array(touched) });

/**
 * Drops a data key from this copy's memory as soon as the vault's journal says anything of it: after its destruction nothing of
 * that organization opens here any more. What is missed is forgotten by age.
 */
export const forgetDestroyedKeys = (bus: Bus, sealer: Sealer): Subscription =>
  bus.subscribe(announceSubject(vaultProjection.name), ({ data }) => {
    const { touched: aggregates } = announcement.parse(JSON.parse(Buffer.from(data).toString()));
    for (const { aggregate } of aggregates) {
      const scope = aggregate.type === 'data-key' ? organizationScope.safeParse(aggregate.id) : null;
      if (scope?.success) sealer.forget(scope.data);
    }
  });

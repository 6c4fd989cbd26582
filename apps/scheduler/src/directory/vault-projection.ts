import type { IdentityEvent } from '@bulkhead/domain';
import { vaultContracts } from '@bulkhead/contracts/events/vault';
import type { ProjectionDefinition } from '@bulkhead/journal';
import { eventsOf } from './events-of.js';

/** Who has enrolled at the vault as what, and who was removed. */
export const vaultProjection: ProjectionDefinition = {
  name: 'scheduler-vault',
  journal: 'vault',
  contracts: vaultContracts,
  tables: ['identity'],
  async apply(tx, batch) {
    const events = eventsOf<IdentityEvent>(batch, 'identity');
    const enrolled = events.flatMap((event) => (event.type === 'IdentityEnrolled' ? [event.data] : []));
    const removed = events.flatMap((event) => (event.type === 'IdentityRemoved' ? [event.data] : []));
    await tx.query(
      `insert into identity (kind, name, seal_key, removed)
       select kind, name, nullif(seal_key, ''), false
       from unnest($1::text[], $2::text[], $3::text[]) as i(kind, name, seal_key) on conflict (kind, name) do nothing`,
      [
        enrolled.map(({ kind }) => kind),
        enrolled.map(({ name }) => name),
        enrolled.map(({ sealKey }) => sealKey ?? ''),
      ],
    );
    await tx.query(
      `update identity set removed = true
       from unnest($1::text[], $2::text[]) as r(kind, name) where identity.kind = r.kind and identity.name = r.name`,
      [removed.map(({ kind }) => kind), removed.map(({ name }) => name)],
    );
  },
};

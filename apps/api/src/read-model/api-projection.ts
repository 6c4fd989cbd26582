import {
  appAggregate,
  organizationAggregate,
  tokenAggregate,
  type AppEvent,
  type OrganizationEvent,
  type TokenEvent,
} from '@bulkhead/domain';
import { apiContracts } from '@bulkhead/contracts/events';
import type { ProjectionDefinition, ReadEnvelope, Row, Sql } from '@bulkhead/journal';
import { byAggregate, writeEvents } from './event-rows.js';
import { writeRows } from './rows.js';

/** Organizations, apps and tokens as the api's own journal tells them. */
export const apiProjection: ProjectionDefinition = {
  name: 'api-tenants',
  journal: 'api',
  contracts: apiContracts,
  tables: ['organization', 'app', 'token', 'api_event'],
  async apply(tx, batch) {
    await writeEvents(tx, 'api_event', batch);
    await fold(tx, batch, organizations);
    await fold(tx, batch, apps);
    await fold(tx, batch, tokens);
  },
};

/** How the events of one kind of aggregate become its row. */
interface Table<Event> {
  readonly name: string;
  readonly aggregate: string;
  readonly columns: Readonly<Record<string, string>>;
  row(before: Row | undefined, event: Event, at: string): Row | undefined;
}

const organizations: Table<OrganizationEvent> = {
  name: 'organization',
  aggregate: organizationAggregate.type,
  columns: {
    id: 'text',
    slug: 'text',
    number: 'int',
    kind: 'text',
    network_id: 'int',
    created_at: 'timestamptz',
    deleted: 'boolean',
  },
  row(before, { type, data }, at) {
    if (type === 'OrganizationDeleted') return before && { ...before, deleted: true };
    const { organization: id, networkId: network_id, ...columns } = data;
    return { ...columns, id, network_id, created_at: at, deleted: false };
  },
};

const apps: Table<AppEvent> = {
  name: 'app',
  aggregate: appAggregate.type,
  columns: {
    id: 'text',
    organization: 'text',
    name: 'text',
    number: 'int',
    network: 'text',
    network_id: 'int',
    created_at: 'timestamptz',
    deleted: 'boolean',
  },
  row(before, { type, data }, at) {
    if (type === 'AppDeleted') return before && { ...before, deleted: true };
    const { app: id, networkId: network_id, ...columns } = data;
    return { ...columns, id, network_id, created_at: at, deleted: false };
  },
};

const tokens: Table<TokenEvent> = {
  name: 'token',
  aggregate: tokenAggregate.type,
  columns: {
    id: 'text',
    name: 'text',
    organization: 'text',
    access: 'text',
    sha256: 'text',
    created_at: 'timestamptz',
    expires_at: 'timestamptz',
    revoked_at: 'timestamptz',
  },
  row(before, { type, data }, at) {
    if (type === 'TokenRevoked') return before && { ...before, revoked_at: at };
    const { token: id, name, sha256, scope, expiresAt: expires_at } = data;
    const { organization = null, access = null } = scope.kind === 'organization' ? scope : {};
    return { id, name, organization, access, sha256, created_at: at, expires_at, revoked_at: null };
  },
};

async function fold<Event>(tx: Sql, batch: readonly ReadEnvelope[], table: Table<Event>): Promise<void> {
  const groups = byAggregate(batch, table.aggregate);
  if (groups.size === 0) return;
  const stored = await tx.query(`select * from ${table.name} where id = any($1::text[])`, [
    [...groups.keys()],
  ]);
  const rows = new Map<unknown, Row>(stored.map((row) => [row['id'], row]));
  for (const [id, envelopes] of groups)
    for (const { events, occurredAt } of envelopes)
      for (const event of events) {
        // The codec has checked it against the contract of this aggregate's events.
        const row = table.row(rows.get(id), event as Event, occurredAt);
        if (row) rows.set(id, row);
      }
  // A name given up in this batch may be taken in it too: what gives up comes first.
  const ordered = [...rows.values()].toSorted(
    (one, other) => Number(other['deleted'] ?? 0) - Number(one['deleted'] ?? 0),
  );
  await writeRows(tx, table.name, table.columns, ordered, 'id');
}

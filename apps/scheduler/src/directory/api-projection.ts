import type { AppEvent, TokenEvent } from '@bulkhead/domain';
import { apiContracts } from '@bulkhead/contracts/events';
import type { ProjectionDefinition, ReadEnvelope, Sql } from '@bulkhead/journal';
import { eventsOf } from './events-of.js';

/** Apps and tokens, as the api's journal has them: what the choke point decides by. */
export const apiProjection: ProjectionDefinition = {
  name: 'scheduler-api',
  journal: 'api',
  contracts: apiContracts,
  tables: ['app', 'token'],
  async apply(tx, batch) {
    await applyApps(tx, eventsOf<AppEvent>(batch, 'app'));
    await applyTokens(tx, batch);
  },
};

async function applyApps(tx: Sql, events: readonly AppEvent[]): Promise<void> {
  const created = events.flatMap((event) => (event.type === 'AppCreated' ? [event.data] : []));
  const deleted = events.flatMap((event) => (event.type === 'AppDeleted' ? [event.data.app] : []));
  await tx.query(
    `insert into app (id, organization, name, network_id, deleted)
     select *, false from unnest($1::text[], $2::text[], $3::text[], $4::int[]) on conflict (id) do nothing`,
    [
      created.map(({ app }) => app),
      created.map(({ organization }) => organization),
      created.map(({ name }) => name),
      created.map(({ networkId }) => networkId),
    ],
  );
  await tx.query('update app set deleted = true where id = any($1::text[])', [deleted]);
}

async function applyTokens(tx: Sql, batch: readonly ReadEnvelope[]): Promise<void> {
  const events = eventsOf<TokenEvent>(batch, 'token');
  const created = events.flatMap((event) => (event.type === 'TokenCreated' ? [event.data] : []));
  const revoked = events.flatMap((event) => (event.type === 'TokenRevoked' ? [event.data.token] : []));
  await tx.query(
    `insert into token (id, organization, access, sha256, expires_at, revoked)
     select id, nullif(organization, ''), nullif(access, ''), sha256, nullif(expires_at, '')::timestamptz, false
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) as t(id, organization, access, sha256, expires_at)
     on conflict (id) do nothing`,
    [
      created.map(({ token }) => token),
      created.map(({ scope }) => (scope.kind === 'organization' ? scope.organization : '')),
      created.map(({ scope }) => (scope.kind === 'organization' ? scope.access : '')),
      created.map(({ sha256 }) => sha256),
      created.map(({ expiresAt }) => expiresAt ?? ''),
    ],
  );
  await tx.query('update token set revoked = true where id = any($1::text[])', [revoked]);
}

import type { Row, SqlValue } from '@bulkhead/journal';
import { z } from 'zod';
import type { TableRow } from './schema.js';
import { oneLine, type Statement, type Statements } from './sql.js';
import type { Transaction } from './transaction.js';

/**
 * What each statement of the scheduler means on rows in memory. They are known by their text, so that one that is changed or new is
 * met as an error; that each means what Postgres makes of it is what the contract suite holds.
 */
const MEANINGS: readonly (readonly [text: string, meaning: Statement])[] = [
  // Hosts
  [
    `with beat as (
       insert into heartbeat (host, at, silent_ms, version, abilities) values ($1, $2, 0, $3, $4)
       on conflict (host) do update set at = excluded.at, silent_ms = 0, version = excluded.version,
         abilities = excluded.abilities
     )
     select status, region, labels, cpus, memory_mb, disk_mb, forward from host where id = $1`,
    (tx, [host, at, version, abilities]) => {
      tx.put('heartbeat', text(host), { host, at, silent_ms: 0, version, abilities: parsed(abilities) });
      return present(tx.get('host', text(host)));
    },
  ],
  [
    `select pg_advisory_xact_lock(hashtext('host number'))`,
    (tx) => {
      tx.lock('advisory', 'host number');
      return [];
    },
  ],
  [
    'select coalesce(max(number), 0)::int + 1 as next from host',
    (tx) => [{ next: Math.max(0, ...tx.all('host').map(({ number }) => Number(number))) + 1 }],
  ],
  [
    `update host set status = 'removed' where id = $1`,
    (tx, [id]) => update(tx, 'host', text(id), { status: 'removed' }),
  ],
  [
    `insert into host (id, name, number, region, labels, status, cordoned, cpus, memory_mb, disk_mb,
       used_cpus, used_memory_mb, used_disk_mb, forward)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (id) do update set region = excluded.region, labels = excluded.labels, status = excluded.status,
       cordoned = excluded.cordoned, cpus = excluded.cpus, memory_mb = excluded.memory_mb, disk_mb = excluded.disk_mb,
       used_cpus = excluded.used_cpus, used_memory_mb = excluded.used_memory_mb, used_disk_mb = excluded.used_disk_mb, forward = excluded.forward`,
    (tx, values) => {
      const [id, name, number, region, labels, status, cordoned] = values;
      const [cpus, memory_mb, disk_mb, used_cpus, used_memory_mb, used_disk_mb, forward] = values.slice(7);
      const known = tx.get('host', text(id)) ?? { id, name, number };
      tx.put('host', text(id), {
        ...known,
        ...{ region, labels: parsed(labels), status, cordoned, cpus, memory_mb, disk_mb },
        ...{ used_cpus, used_memory_mb, used_disk_mb, forward: parsed(forward) },
      });
      return [];
    },
  ],
  [
    `select h.id, h.name, h.region, h.labels, h.status, h.cordoned, h.cpus, h.memory_mb, h.disk_mb,
            h.used_cpus, h.used_memory_mb, h.used_disk_mb, coalesce(s.machines, 0) as siblings
     from host h left join (select host, count(*)::int as machines from placement where app = $1 group by host) s on s.host = h.id
     where h.status <> 'removed'`,
    (tx, [app]) => {
      const placements = tx.all('placement').filter((row) => row['app'] === app);
      const siblings = (id: unknown) => placements.filter(({ host }) => host === id).length;
      return tx
        .all('host')
        .filter(({ status }) => status !== 'removed')
        .map((host) => ({ ...host, siblings: siblings(host['id']) }));
    },
  ],
  // Placements
  [
    `insert into placement (machine, app, organization, host, epoch, count, host_lost, replaceable)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (machine) do update set host = excluded.host, epoch = excluded.epoch, count = excluded.count,
       host_lost = excluded.host_lost, replaceable = excluded.replaceable`,
    (tx, [machine, app, organization, host, epoch, count, host_lost, replaceable]) => {
      const known = tx.get('placement', text(machine)) ?? { machine, app, organization };
      tx.put('placement', text(machine), { ...known, host, epoch, count, host_lost, replaceable });
      return [];
    },
  ],
  [
    'with gone as (delete from lease where machine = $1) delete from placement where machine = $1',
    (tx, [machine]) => {
      tx.put('lease', text(machine), null);
      tx.put('placement', text(machine), null);
      return [];
    },
  ],
  [
    'select 1 from placement where machine = $1 and app = $2',
    (tx, [machine, app]) => present(tx.get('placement', text(machine))).filter((row) => row['app'] === app),
  ],
  [
    'select host, host_lost, epoch, count from placement where machine = $1 and app = $2',
    (tx, [machine, app]) => present(tx.get('placement', text(machine))).filter((row) => row['app'] === app),
  ],
  [
    `select p.host, p.organization, p.epoch, p.count, m.state #>> '{config,resolved_image,credential}' as registry
         from placement p left join machine m on m.id = p.machine where p.machine = $1 and not p.host_lost`,
    (tx, [machine]) =>
      present(tx.get('placement', text(machine)))
        .filter((row) => !row['host_lost'])
        .map((row) => ({ ...row, registry: registryOf(tx.get('machine', text(machine))) })),
  ],
  // Leases
  [
    'select from placement where machine = $1 for update',
    (tx, [machine]) => {
      tx.lock('placement', text(machine));
      return present(tx.get('placement', text(machine)));
    },
  ],
  [
    'select * from lease where machine = $1 and expires_at > clock_timestamp()',
    (tx, [machine]) =>
      present(tx.get('lease', text(machine))).filter(
        (row) => time(row['expires_at']) > time(tx.schema.now()),
      ),
  ],
  [
    `insert into lease (machine, nonce, owner, description, expires_at, version)
     values ($1, $2, $3, $4, clock_timestamp() + $5::int * interval '1 second', $6)
     on conflict (machine) do update set nonce = excluded.nonce, owner = excluded.owner, description = excluded.description,
       expires_at = excluded.expires_at, version = excluded.version
     where lease.expires_at <= clock_timestamp() or lease.nonce = excluded.nonce
     returning expires_at`,
    (tx, [machine, nonce, owner, description, ttl, version]) => {
      tx.lock('lease', text(machine));
      const now = time(tx.schema.now());
      const held = tx.get('lease', text(machine));
      if (held && time(held['expires_at']) > now && held['nonce'] !== nonce) return [];
      const expires_at = new Date(now + Number(ttl) * 1000);
      tx.put('lease', text(machine), { machine, nonce, owner, description, expires_at, version });
      return [{ expires_at }];
    },
  ],
  [
    'delete from lease where machine = $1 and nonce = $2',
    (tx, [machine, nonce]) => {
      tx.lock('lease', text(machine));
      if (tx.get('lease', text(machine))?.['nonce'] === nonce) tx.put('lease', text(machine), null);
      return [];
    },
  ],
  [
    'delete from lease where expires_at < clock_timestamp()',
    (tx) => {
      for (const { machine, expires_at } of tx.all('lease'))
        if (time(expires_at) < time(tx.schema.now())) tx.put('lease', text(machine), null);
      return [];
    },
  ],
  // Reconciling
  [
    `with leader as materialized (
       select from leadership where role = $1 and holder = $2 and term = $3 and expires_at > clock_timestamp()
     ), counted as (
       update heartbeat set silent_ms = silent_ms + $4 where exists (select from leader) returning host, silent_ms, at
     )
     select c.host, h.status = 'lost' as lost, c.silent_ms, c.at from counted c join host h on h.id = c.host
     where h.status <> 'removed'
     union all select null, null, null, null where exists (select from leader)`,
    (tx, [role, holder, term, ms]) => {
      if (!tx.schema.leads({ role: text(role), holder: text(holder), term: Number(term) })) return [];
      const counted = tx.all('heartbeat').flatMap((beat) => {
        const silent_ms = Number(beat['silent_ms']) + Number(ms);
        tx.put('heartbeat', text(beat['host']), { ...beat, silent_ms });
        const host = tx.get('host', text(beat['host']));
        if (!host || host['status'] === 'removed') return [];
        return [{ host: beat['host'], lost: host['status'] === 'lost', silent_ms, at: beat['at'] }];
      });
      return [...counted, { host: null, lost: null, silent_ms: null, at: null }];
    },
  ],
  [
    `select p.machine, p.host, h.status = 'lost' as lost from placement p join host h on h.id = p.host
       where p.host_lost <> (h.status = 'lost') limit $1`,
    (tx, [limit]) =>
      tx
        .all('placement')
        .flatMap(({ machine, host, host_lost }) => {
          const found = tx.get('host', text(host));
          const lost = found?.['status'] === 'lost';
          return found && host_lost !== lost ? [{ machine, host, lost }] : [];
        })
        .slice(0, Number(limit)),
  ],
  [
    'select machine from placement where host_lost and replaceable and machine <> all($1::text[]) limit $2',
    (tx, [resting, limit]) =>
      tx
        .all('placement')
        .filter((row) => row['host_lost'] && row['replaceable'] && !list(resting).includes(row['machine']))
        .slice(0, Number(limit)),
  ],
  [
    'select p.machine from placement p join app a on a.id = p.app where a.deleted limit $1',
    (tx, [limit]) =>
      tx
        .all('placement')
        .filter(({ app }) => tx.get('app', text(app))?.['deleted'])
        .slice(0, Number(limit)),
  ],
  [
    'delete from hold_release',
    (tx) => {
      for (const { id } of tx.all('hold_release')) tx.put('hold_release', text(id), null);
      return [];
    },
  ],
  ['select from hold_release', (tx) => tx.all('hold_release')],
  [
    'insert into hold_release default values on conflict do nothing',
    (tx) => {
      tx.put('hold_release', 'only one', { id: 'only one' });
      return [];
    },
  ],
  // Reports
  [
    'select stored_up_to::float8 as up_to from report_cursor where host = $1',
    (tx, [host]) =>
      present(tx.get('report_cursor', text(host))).map((row) => ({ up_to: row['stored_up_to'] })),
  ],
  [
    `insert into report_cursor (host, stored_up_to) values ($1, $2)
     on conflict (host) do update set stored_up_to = greatest(report_cursor.stored_up_to, excluded.stored_up_to)`,
    (tx, [host, upTo]) => {
      tx.lock('report_cursor', text(host));
      const before = Number(tx.get('report_cursor', text(host))?.['stored_up_to'] ?? 0);
      tx.put('report_cursor', text(host), { host, stored_up_to: Math.max(before, Number(upTo)) });
      return [];
    },
  ],
  [
    'select machine from placement where host = $1 and machine <> all($2::text[])',
    (tx, [host, here]) =>
      tx.all('placement').filter((row) => row['host'] === host && !list(here).includes(row['machine'])),
  ],
  // What the journals of api and vault say
  [
    `insert into app (id, organization, name, network_id, deleted)
     select *, false from unnest($1::text[], $2::text[], $3::text[], $4::int[]) on conflict (id) do nothing`,
    (tx, [ids, organizations, names, networks]) => {
      for (const [nth, id] of list(ids).entries())
        insert(tx, 'app', text(id), {
          id,
          organization: list(organizations)[nth],
          name: list(names)[nth],
          network_id: list(networks)[nth],
          deleted: false,
        });
      return [];
    },
  ],
  [
    'update app set deleted = true where id = any($1::text[])',
    (tx, [ids]) => list(ids).flatMap((id) => update(tx, 'app', text(id), { deleted: true })),
  ],
  [
    `insert into token (id, organization, access, sha256, expires_at, revoked)
     select id, nullif(organization, ''), nullif(access, ''), sha256, nullif(expires_at, '')::timestamptz, false
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) as t(id, organization, access, sha256, expires_at)
     on conflict (id) do nothing`,
    (tx, [ids, organizations, accesses, hashes, expiries]) => {
      for (const [nth, id] of list(ids).entries())
        insert(tx, 'token', text(id), {
          id,
          organization: list(organizations)[nth] || null,
          access: list(accesses)[nth] || null,
          sha256: list(hashes)[nth],
          expires_at: list(expiries)[nth] ? new Date(text(list(expiries)[nth])) : null,
          revoked: false,
        });
      return [];
    },
  ],
  [
    'update token set revoked = true where id = any($1::text[])',
    (tx, [ids]) => list(ids).flatMap((id) => update(tx, 'token', text(id), { revoked: true })),
  ],
  [
    `insert into identity (kind, name, seal_key, removed)
       select kind, name, nullif(seal_key, ''), false
       from unnest($1::text[], $2::text[], $3::text[]) as i(kind, name, seal_key) on conflict (kind, name) do nothing`,
    (tx, [kinds, names, keys]) => {
      for (const [nth, kind] of list(kinds).entries()) {
        const name = list(names)[nth];
        insert(tx, 'identity', `${kind}/${name}`, {
          kind,
          name,
          seal_key: list(keys)[nth] || null,
          removed: false,
        });
      }
      return [];
    },
  ],
  [
    `update identity set removed = true
       from unnest($1::text[], $2::text[]) as r(kind, name) where identity.kind = r.kind and identity.name = r.name`,
    (tx, [kinds, names]) =>
      list(kinds).flatMap((kind, nth) =>
        update(tx, 'identity', `${kind}/${list(names)[nth]}`, { removed: true }),
      ),
  ],
  // Feeds
  [
    `insert into worker (id, sealing_key, forward) values ($1, $2, $3)
           on conflict (id) do update set sealing_key = excluded.sealing_key, forward = excluded.forward`,
    (tx, [id, sealing_key, forward]) => {
      tx.put('worker', text(id), { id, sealing_key, forward: parsed(forward) });
      return [];
    },
  ],
  [
    'update worker set forward = $2 where id = $1 and forward is distinct from $2::jsonb returning 1',
    (tx, [id, forward]) => {
      const known = tx.get('worker', text(id));
      if (!known || JSON.stringify(known['forward']) === JSON.stringify(parsed(forward))) return [];
      tx.put('worker', text(id), { ...known, forward: parsed(forward) });
      return [{}];
    },
  ],
  [
    'select id, state, trace from machine where id = any($1::text[])',
    (tx, [ids]) => list(ids).flatMap((id) => present(tx.get('machine', text(id)))),
  ],
  [
    'select id, state, trace from machine where host = any($1::text[])',
    (tx, [hosts]) => tx.all('machine').filter(({ host }) => list(hosts).includes(host)),
  ],
  [
    `insert into machine (id, host, state, trace)
       select id, host, state, nullif(trace, '')
       from unnest($1::text[], $2::text[], $3::jsonb[], $4::text[]) as made (id, host, state, trace)
       on conflict (id) do update set host = excluded.host, state = excluded.state, trace = excluded.trace`,
    (tx, [ids, hosts, states, traces]) => {
      for (const [nth, id] of list(ids).entries())
        tx.put('machine', text(id), {
          id,
          host: list(hosts)[nth],
          state: parsed(list(states)[nth]),
          trace: list(traces)[nth] || null,
        });
      return [];
    },
  ],
  [
    'delete from machine where id = any($1::text[])',
    (tx, [ids]) => {
      for (const id of list(ids)) tx.put('machine', text(id), null);
      return [];
    },
  ],
  [
    'select * from worker where id = any($1::text[])',
    (tx, [ids]) => list(ids).flatMap((id) => present(tx.get('worker', text(id)))),
  ],
];

export const schedulerStatements: Statements = new Map(
  MEANINGS.map(([statement, meaning]) => [oneLine(statement), meaning]),
);

const text = (value: unknown): string => String(value);
const time = (value: unknown): number => (value instanceof Date ? value.getTime() : Number.NaN);
const list = (value: SqlValue | undefined): readonly unknown[] => (Array.isArray(value) ? value : []);
const present = (row: TableRow | null): Row[] => (row ? [row] : []);
const parsed = (json: unknown): unknown => (typeof json === 'string' ? JSON.parse(json) : null);

/** `state #>> '{config,resolved_image,credential}'` */
const registryOf = (machine: TableRow | null): string | null => {
  const found = image.safeParse(machine?.['state']);
  return found.data?.config.resolved_image.credential ?? null;
};
const image = z.object({ config: z.object({ resolved_image: z.object({ credential: z.string() }) }) });

function insert(tx: Transaction, table: string, key: string, row: TableRow): void {
  if (!tx.get(table, key)) tx.put(table, key, row);
}

function update(tx: Transaction, table: string, key: string, change: TableRow): Row[] {
  const known = tx.get(table, key);
  if (known) tx.put(table, key, { ...known, ...change });
  return [];
}

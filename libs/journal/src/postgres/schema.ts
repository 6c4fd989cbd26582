/** The tables of a journal and of a service's readers, in the service's own schema: ordered migrations, only ever added to. */
export const MIGRATIONS: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: '001-journal',
    sql: `
      create table envelope (
        seq bigint generated always as identity primary key,
        aggregate text not null,
        version int not null,
        id text not null,
        body bytea not null,
        unique (aggregate, version)
      );
      create table record (
        position bigint primary key,
        epoch text not null,
        recorded_at timestamptz(3) not null,
        seq bigint not null unique
      );
      create index record_time on record (recorded_at);
      create table pending (seq bigint primary key) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
      create table command (
        id text primary key,
        digest bytea not null,
        outcome text not null check (outcome in ('done', 'refused')),
        answer text not null,
        at timestamptz not null default clock_timestamp()
      );
      create index command_refused on command (at) where outcome = 'refused';
      create table epoch (id text primary key, last_position bigint not null unique);
      create table leadership (
        role text primary key,
        holder text not null,
        term bigint not null,
        expires_at timestamptz not null
      ) with (fillfactor = 50);
      create function keep_rows() returns trigger language plpgsql as
        $$ begin raise exception 'rows of % are inserted and never changed', tg_table_name; end $$;
      create trigger keep before update or delete or truncate on envelope execute function keep_rows();
      create trigger keep before update or delete or truncate on record execute function keep_rows();
      create trigger keep before update or delete or truncate on epoch execute function keep_rows();`,
  },
  {
    name: '002-readers',
    sql: `
      create table cursor (
        reader text primary key,
        journal text not null,
        epoch text not null,
        position bigint not null,
        rebuild_to bigint
      ) with (fillfactor = 50);
      create table parked (
        reader text not null,
        aggregate text not null,
        version int not null,
        position bigint not null,
        error text not null,
        at timestamptz not null default clock_timestamp(),
        primary key (reader, aggregate)
      );
      create table parked_message (
        reader text not null,
        position bigint not null,
        envelope text not null,
        aggregate text not null,
        error text not null,
        at timestamptz not null default clock_timestamp(),
        primary key (reader, position)
      );
      create table feed (name text primary key, reader text not null, id text not null, head bigint not null, floor bigint not null) with (fillfactor = 50);
      create table feed_change (
        feed text not null references feed on delete cascade,
        key text not null,
        number bigint not null,
        value text,
        at timestamptz not null default clock_timestamp(),
        primary key (feed, key),
        unique (feed, number)
      );`,
  },
  {
    name: '003-relay',
    // Planner settings of its own: without statistics of tables that grow and shrink by the second, it would scan them.
    sql: `
      create function relay_record(leader text, leading_term bigint, most int)
        returns table ("position" bigint, epoch text, recorded_at timestamptz, id text, aggregate text, body bytea)
        language sql volatile
        set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set search_path from current
      as $$
        with elected as materialized (
          select from leadership l
          where l.role = 'relay' and l.holder = leader and l.term = leading_term and l.expires_at > clock_timestamp()
          for update
        ), oldest as materialized (
          select p.seq from pending p where exists (select from elected) order by p.seq limit most
        ), taken as (
          delete from pending p using oldest o where p.seq = o.seq returning p.seq
        ), head as materialized (
          select r.position, r.recorded_at from record r order by r.position desc limit 1
        ), recorded as (
          insert into record (position, epoch, recorded_at, seq)
          select coalesce((select h.position from head h), 0) + row_number() over (order by t.seq),
                 (select e.id from epoch e order by e.last_position desc limit 1),
                 greatest(date_trunc('milliseconds', clock_timestamp()), (select h.recorded_at from head h)),
                 t.seq
          from taken t
          returning record.position, record.epoch, record.recorded_at, record.seq
        )
        select r.position, r.epoch, r.recorded_at, e.id, e.aggregate, e.body
        from recorded r join envelope e on e.seq = r.seq
        order by r.position
      $$;`,
  },
  {
    name: '004-results-stay',
    sql: `
      create function keep_results() returns trigger language plpgsql as
        $$ begin raise exception 'the result of command % stays', old.id; end $$;
      create trigger keep before delete on command for each row when (old.outcome = 'done') execute function keep_results();`,
  },
];

/** Schema names that may stand in SQL as they are. */
const NAME = /^[a-z][a-z0-9_]{0,62}$/;

export function checkedName(name: string): string {
  if (!NAME.test(name)) throw new Error(`not a name for a schema or role: ${JSON.stringify(name)}`);
  return name;
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The scheduler's own tables beside its journal. What decisions need is written in their transactions (host, placement, lease,
 * report_cursor); what it knows of others comes from their journals (app, token, identity); heartbeats are no events.
 */
export class SchedulerTables1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table host (
        id text primary key, name text not null, number int not null unique, region text not null, labels jsonb not null,
        status text not null check (status in ('ready', 'lost', 'removed')), cordoned boolean not null,
        cpus float8 not null, memory_mb float8 not null, disk_mb float8 not null,
        used_cpus float8 not null, used_memory_mb float8 not null, used_disk_mb float8 not null,
        forward jsonb
      ) with (fillfactor = 50);
      create table heartbeat (
        host text primary key, at timestamptz not null, silent_ms bigint not null, version text not null, abilities jsonb not null
      ) with (fillfactor = 50);
      create table placement (
        machine text primary key, app text not null, organization text not null, host text not null,
        epoch bigint not null,
        count int not null, host_lost boolean not null, replaceable boolean not null
      ) with (fillfactor = 70);
      create index placement_host on placement (host, app);
      create index placement_app on placement (app);
      create table lease (
        machine text primary key, nonce text not null, owner text not null, description text not null,
        expires_at timestamptz(3) not null, version text not null
      ) with (fillfactor = 70);
      create table report_cursor (host text primary key, stored_up_to bigint not null) with (fillfactor = 50);
      create table hold_release (only_one boolean primary key default true check (only_one), at timestamptz not null default now());

      create table app (
        id text primary key, organization text not null, name text not null, network_id int not null, deleted boolean not null
      );
      create table token (
        id text primary key, organization text, access text, sha256 text not null unique, expires_at timestamptz(3),
        revoked boolean not null
      );
      create table identity (
        name text not null, kind text not null, seal_key text, removed boolean not null, primary key (kind, name)
      );
      create table machine (id text primary key, host text, state jsonb not null) with (fillfactor = 70);
      create index machine_host on machine (host);
      create table worker (id text primary key, sealing_key text not null, forward jsonb);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table host, heartbeat, placement, lease, report_cursor, hold_release, app, token, identity, machine, worker;
    `);
  }
}

/** The trace that a machine's last command belonged to, for its host to go on with. */
export class MachineTraces1763800000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table machine add column trace text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table machine drop column trace');
  }
}

export const MIGRATIONS = [SchedulerTables1763800000000, MachineTraces1763800000001] as const;

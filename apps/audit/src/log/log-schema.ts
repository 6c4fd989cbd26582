import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables of the transparency log; the service's role may insert and select, nothing else. */
class TransparencyLog1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table log_entry (
        index bigint primary key,
        journal text not null,
        epoch text not null,
        position bigint not null,
        recorded_at text not null,
        envelope text,
        organization text,
        body bytea not null,
        unique (journal, epoch, position)
      );
      create index log_entry_envelope on log_entry (envelope);
      create table log_node (
        level smallint not null,
        index bigint not null,
        hash bytea not null check (length(hash) = 32),
        primary key (level, index)
      );
      create table log_head (
        size bigint primary key,
        note text not null,
        signed_at timestamptz not null default now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table log_head, log_node, log_entry');
  }
}

/** Finds an entry by where its journal has it. */
class LogEntryPositions1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index log_entry_position on log_entry (journal, position)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index log_entry_position');
  }
}

/** How far each witness has followed the log. */
class Witnesses1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table witness (
        url text primary key,
        size bigint not null,
        accepted_at timestamptz(3),
        problem text,
        contradicts boolean not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table witness');
  }
}

export const MIGRATIONS = [
  TransparencyLog1764000000000,
  LogEntryPositions1764100000000,
  Witnesses1764200000000,
] as const;

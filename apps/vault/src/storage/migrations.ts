import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Everything secret is in `sealed` columns: envelopes bound to their row (see `keys/envelope.ts`). */
export class VaultTables1763700000000 implements MigrationInterface {
  name = 'VaultTables1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table key (
        id text primary key,
        sealed bytea not null,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`
      create table data_key (
        scope text primary key,
        id text not null unique,
        sealed bytea not null,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`
      create table identity (
        kind text not null,
        name text not null,
        status text not null check (status in ('active', 'removed')),
        seal_key bytea,
        enrolled_at timestamptz not null,
        removed_at timestamptz,
        primary key (kind, name)
      )`);
    await runner.query(`
      create table certificate (
        serial text primary key,
        kind text not null,
        name text not null,
        issued_at timestamptz not null,
        expires_at timestamptz not null
      )`);
    await runner.query(`create index certificate_expires on certificate (expires_at)`);
  }

  /** Going back one release leaves the tables: it doesn't read them, and what they hold can't be made again. */
  async down(): Promise<void> {}
}

export class RegistryCredentials1763900000000 implements MigrationInterface {
  name = 'RegistryCredentials1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table registry_credential (
        organization text not null,
        registry text not null,
        sealed bytea not null,
        set_at timestamptz not null,
        primary key (organization, registry)
      )`);
  }

  /** What the table holds can't be made again either. */
  async down(): Promise<void> {}
}

export class RootKeys1764000000000 implements MigrationInterface {
  name = 'RootKeys1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table root_key (
        id text primary key,
        organization text not null unique,
        sealed bytea not null,
        created_at timestamptz not null default now()
      )`);
  }

  /** Without these keys no token could be verified again. */
  async down(): Promise<void> {}
}

export const MIGRATIONS = [
  VaultTables1763700000000,
  RegistryCredentials1763900000000,
  RootKeys1764000000000,
] as const;

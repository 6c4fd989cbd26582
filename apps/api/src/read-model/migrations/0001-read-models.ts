import type { MigrationInterface, QueryRunner } from 'typeorm';

const EVENT_COLUMNS = `
  position bigint not null,
  place int not null,
  envelope text not null,
  recorded_at timestamptz(3) not null,
  occurred_at timestamptz(3) not null,
  aggregate text not null,
  version int not null,
  organization text not null,
  actor jsonb not null,
  command text not null,
  trace text,
  type text not null,
  data jsonb not null,
  primary key (position, place)`;

/** Tables of the api's projections. Each is fed by one journal; what people are called is in `person`, which no event holds. */
export class ReadModels1763769600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table person (id text primary key, name text, email text unique);

      create table organization (
        id text primary key, slug text not null unique, number int not null unique, kind text not null,
        network_id int not null, created_at timestamptz(3) not null, deleted boolean not null
      );
      create table app (
        id text primary key, organization text not null, name text not null, number int not null unique, network text not null,
        network_id int not null, created_at timestamptz(3) not null, deleted boolean not null
      );
      create unique index app_name on app (name) where not deleted;
      create index app_organization on app (organization, name) where not deleted;
      create table token (
        id text primary key, name text not null, organization text, access text, sha256 text not null unique,
        created_at timestamptz(3) not null, expires_at timestamptz(3), revoked_at timestamptz(3)
      );
      create index token_organization on token (organization, id);
      create table api_event (${EVENT_COLUMNS});
      create index api_event_organization on api_event (organization, position, place);
      create index api_event_aggregate on api_event (aggregate, position, place);

      create table machine (
        id text primary key, organization text not null, app text not null, name text not null, region text not null,
        status text not null, instance text not null, host text, state jsonb not null, version int not null,
        created_at timestamptz(3) not null, updated_at timestamptz(3) not null
      ) with (fillfactor = 70);
      create index machine_app on machine (app, id);
      create index machine_organization on machine (organization, updated_at, id);
      create index machine_host on machine (host) where host is not null;
      create table host (
        id text primary key, name text not null, region text not null, status text not null, state jsonb not null,
        version int not null, created_at timestamptz(3) not null, updated_at timestamptz(3) not null
      );
      create table scheduler_event (${EVENT_COLUMNS});
      create index scheduler_event_organization on scheduler_event (organization, position, place);
      create index scheduler_event_aggregate on scheduler_event (aggregate, position, place);

      create sequence organization_number maxvalue 2147483647;
      create sequence app_number maxvalue 2147483647;
      create sequence network_number maxvalue 2147483647;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop sequence organization_number, app_number, network_number;
      drop table person, organization, app, token, api_event, machine, host, scheduler_event;
    `);
  }
}

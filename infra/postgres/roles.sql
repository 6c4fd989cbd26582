-- One schema per service in the shared database, closed to the others, and two roles for each: bulkhead_<service>_owner owns the
-- schema and everything in it, and only the step that migrates it logs in as this role; bulkhead_<service> is what the running
-- service logs in as, with no more rights than that step grants. Run by psql as superuser; the caller sets <service>_password and
-- <service>_owner_password before. Running it again sets passwords and owners and changes nothing else.
\set ON_ERROR_STOP on
\set QUIET on
begin;

create temporary table service (name text) on commit drop;
insert into service values ('vault'), ('scheduler'), ('api'), ('audit');
create temporary table login on commit drop as
  select 'bulkhead_' || name as role, 60 as connections from service
  union all
  select 'bulkhead_' || name || '_owner', 20 from service;

select format('create role %I', role) from login where not exists (select from pg_roles where rolname = role)
\gexec
select format('alter role %I with login nosuperuser nocreatedb nocreaterole nobypassrls noinherit connection limit %s', role, connections) from login
\gexec
alter role bulkhead_vault password :'vault_password';
alter role bulkhead_vault_owner password :'vault_owner_password';
alter role bulkhead_scheduler password :'scheduler_password';
alter role bulkhead_scheduler_owner password :'scheduler_owner_password';
alter role bulkhead_api password :'api_password';
alter role bulkhead_api_owner password :'api_owner_password';
alter role bulkhead_audit password :'audit_password';
alter role bulkhead_audit_owner password :'audit_owner_password';

select format('create schema if not exists %I', name) from service
\gexec
-- What a release before this one made belongs to the service's own role.
select format('reassign owned by %I to %I', 'bulkhead_' || name, 'bulkhead_' || name || '_owner') from service
\gexec
select format('alter schema %I owner to %I', name, 'bulkhead_' || name || '_owner') from service
\gexec

revoke all on schema public from public;
select format('revoke all on database %I from public', current_database())
\gexec
select format('grant connect on database %I to %I', current_database(), role) from login
\gexec
-- Temporary tables: a replay builds a projection beside the live one in them.
select format('grant temporary on database %I to %I', current_database(), 'bulkhead_' || name) from service
\gexec

commit;

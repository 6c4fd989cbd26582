-- One role and one schema per service, each in the shared database but closed to the others. Run by psql as superuser; the caller
-- sets <service>_password before. Running it again sets passwords and privileges and changes nothing else.
\set ON_ERROR_STOP on
\set QUIET on
begin;

select format('create role %I', name)
from unnest(array['bulkhead_vault', 'bulkhead_scheduler', 'bulkhead_api', 'bulkhead_audit']) as name
where not exists (select from pg_roles where rolname = name)
\gexec

alter role bulkhead_vault with login nosuperuser nocreatedb nocreaterole connection limit 60 password :'vault_password';
alter role bulkhead_scheduler with login nosuperuser nocreatedb nocreaterole connection limit 60 password :'scheduler_password';
alter role bulkhead_api with login nosuperuser nocreatedb nocreaterole connection limit 60 password :'api_password';
alter role bulkhead_audit with login nosuperuser nocreatedb nocreaterole connection limit 60 password :'audit_password';

create schema if not exists vault authorization bulkhead_vault;
create schema if not exists scheduler authorization bulkhead_scheduler;
create schema if not exists api authorization bulkhead_api;
create schema if not exists audit authorization bulkhead_audit;

revoke all on schema public from public;
select format('revoke all on database %I from public', current_database())
\gexec
-- Temporary tables: a replay builds a projection beside the live one in them.
select format('grant connect, temporary on database %I to bulkhead_vault, bulkhead_scheduler, bulkhead_api, bulkhead_audit', current_database())
\gexec

commit;
